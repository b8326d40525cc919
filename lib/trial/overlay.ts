/**
 * What the demonstration, and an ablation of a shipped model, set over a preset so that a model of under a million parameters
 * trains by it in minutes: the model and what it sees, lists, prompt, learning rate, schedule, lengths and trained parts. Never
 * how answers are sampled, what they earn, and what is made smaller: those are the preset's. Data and its telling; knows no run.
 */
import { type Preset, presetKeys, stated } from "../presets/preset.js";
import { type PresetName, presetOf } from "../presets/presets.js";

/** One operator thread: a model this small gains nothing from two, and the other core decodes videos meanwhile. */
export const THREADS = 1;

const OURS = "ours, for a model of under a million parameters";
const SEEN = "what the tiny model is trained to see";

/** 300 steps of 16 videos. */
export const OVERLAY: Preset["settings"] = {
  model: stated("tiny-start", "ours: it rates on the wrong scale on purpose"),
  frames: stated(6, SEEN),
  imageSize: stated(64, SEEN),
  template: stated("default", SEEN),
  steps: stated(300, OURS),
  threads: stated(THREADS, OURS),
  videosPerStep: stated(16, OURS),
  maxNewTokens: stated(40, OURS),
  learningRate: stated(3e-4, `${OURS}: 1e-6 is for 8 billion`),
  warmupSteps: stated(5, OURS),
  schedule: stated("constant", OURS),
  trainable: stated(["projector", "language", "motionProjector"], "ours: encoders frozen"),
  checkpointEvery: stated(50, OURS),
};

/**
 * An epoch of four steps in place of twelve: with `oldPolicy: "epoch"` answers are the policy's at the epoch's start, and a
 * step learns the less from them the further it is from there.
 */
const SHORT_EPOCHS = {
  steps: stated(50, OURS),
  videosPerStep: stated(48, "ours: epochs of four steps, for answers of the epoch's first policy"),
  learningRate: stated(6e-4, `${OURS}: fewer and larger steps`),
};

/** Where a preset needs another value of the same keys. */
const OVERLAYS: Partial<Record<PresetName, Preset["settings"]>> = {
  paper: SHORT_EPOCHS,
  "paper-no-reasoning": SHORT_EPOCHS,
  "paper-no-motion": {
    ...SHORT_EPOCHS,
    trainable: stated(["projector", "language"], "ours: encoders frozen"),
  },
  "q-insight": {
    maxNewTokens: stated(72, "its JSON is longer"),
    // Its β is a fortieth of the others': a language model of this size that trains by it forgets its form.
    trainable: stated(["projector", "motionProjector"], "ours: language model frozen, or its form goes"),
    steps: stated(600, "ours: a threshold tells few answers apart, and its projectors alone learn slowly"),
    learningRate: stated(1e-3, `${OURS}: of the projectors alone`),
    schedule: stated("linear", "its own"),
  },
  "vq-insight": { maxNewTokens: stated(320, "the fewest tokens that its length reward asks for") },
};

/** The demonstration's own method, where no preset is named. */
export const OWN: Preset["settings"] = {
  samples: stated(4, "paper"),
  beta: stated(0.04, "paper"),
  "rewards.format.variant": stated("paper", "paper"),
  "rewards.regression.variant": stated("paper", "paper"),
  "rewards.ranking.variant": stated("paper", "paper"),
  learningRate: stated(6e-4, `${OURS}: twice what it bears all along, since it falls`),
  schedule: stated("linear", "released"),
};

/** The overlay over a preset; by null all that the demonstration's own method sets. */
export function overlayOf(preset: PresetName | null): Preset["settings"] {
  return preset === null ? { ...OVERLAY, ...OWN } : { ...OVERLAY, ...OVERLAYS[preset] };
}

/** A line for each key that the demonstration sets, with what the preset has there. */
export function overlayLines(preset: PresetName, prompt: string): string[] {
  const { settings } = presetOf(preset);
  const rows = Object.entries(overlayOf(preset)).map(([key, { value, from }]) => {
    const before = settings[key];
    const instead = before === undefined ? "" : `, in place of ${String(before.value)}`;
    return `  ${key}: ${String(value)}${instead} (${from})`;
  });
  return [
    `Preset ${preset}, and over it`,
    ...rows,
    "  data: synthetic videos of this seed, all of one dataset",
    `  prompt: ${JSON.stringify(prompt)}`,
  ];
}

/** The configuration's keys of it. */
export function overlayKeys(preset: PresetName | null): Record<string, unknown> {
  return presetKeys(overlayOf(preset));
}
