/**
 * The memory of a training run, planned from shapes and settings: what is held, and the widest moment of each phase; they
 * follow one another. Pure. `npm run bench:memory -- --suite` holds it against runs that are measured.
 */
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { ModelGeometry } from "../native/binding.js";
import { MICRO_TOKENS } from "../native/training.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";
import {
  adaptedBy,
  type HeldBytes,
  type HeldPlan,
  heldBytes,
  type MemoryShape,
  sum,
  trainedValues,
} from "./held-memory.js";
import { pixels } from "./memory-plan.js";
import { rolloutBytes } from "./rollout-memory.js";
import { updateBytes } from "./update-memory.js";

/** Node, the addon and libtorch with the operators of a run warm, measured with the tiny checkpoint. */
export const RUN_PROCESS_BYTES = 255e6;
/** Allowed for on a card: CUDA's context, its libraries' code and workspaces, what lies free between tensors. Not measured. */
const CARD_BYTES = 1.5 * 2 ** 30;
/** Allowed for beside a card: a process with CUDA's libraries. Not measured. */
const CUDA_PROCESS_BYTES = 3 * 2 ** 30;
/** Bytes of features that a frozen tower keeps at most. */
const MOST_FEATURES = 512 * 2 ** 20;

/** What of a run decides its memory. */
export interface RunSettings extends HeldPlan {
  readonly device: "cpu" | "cuda";
  readonly recompute: boolean;
  readonly frames: number;
  /** Of fragments: frames are groups of so many, and one. Else any number will do. */
  readonly neighbours?: number | undefined;
  /** Side of a frame, pixels. */
  readonly imageSize: number;
  /** Of the longest prompt, slots included. */
  readonly promptTokens: number;
  readonly videosPerStep: number;
  /** Answers of a video that are learned from. */
  readonly samples: number;
  /** Of the longest answer. */
  readonly maxNewTokens: number;
  /** Are answers sampled? Else they are given. */
  readonly rollout: boolean;
  /** Answers to a perturbed twin of each video; 0 without. */
  readonly twinSamples: number;
  /** Do twins have frames of their own? */
  readonly twinsDecoded: boolean;
  /** Is there a second model, that answers? */
  readonly oldPolicy: boolean;
  /** Different clips that the run opens, and how many MiB of them are kept. */
  readonly clips: number;
  readonly clipCacheMiB: number;
  /** Of an evaluation's call of `generate`: prompts, answers to each, most tokens; null without evaluations. */
  readonly evaluation: {
    readonly prompts: number;
    readonly samples: number;
    readonly maxNewTokens: number;
  } | null;
}

type Clipped = Pick<RunSettings, "frames" | "imageSize">;

const clipPixels = ({ frames, imageSize }: Clipped) => pixels({ frames, size: imageSize });

/** Bytes of decoded frames at once: what the store keeps, a step's, the next one's and a step's twins. */
function clipBytes(settings: RunSettings): number {
  const { clips, videosPerStep, clipCacheMiB, twinSamples, twinsDecoded } = settings;
  const each = clipPixels(settings);
  const kept = Math.max(Math.floor((clipCacheMiB * 2 ** 20) / each), 2 * videosPerStep);
  const twins = twinSamples > 0 && twinsDecoded ? videosPerStep : 0;
  return each * (Math.min(clips, kept + videosPerStep) + twins);
}

function seesWithGradients(
  { trainable }: RunSettings,
  adapted: readonly { readonly weight: string }[],
): boolean {
  if (trainable.includes("vision")) return true;
  return trainable.includes("adapters") && adapted.some(({ weight }) => weight.startsWith("vision."));
}

/** Bytes that a frozen tower keeps: of clips that stay, once; of others until there are too many. */
function featureBytes({ config }: MemoryShape, settings: RunSettings): number {
  const { vision } = config.geometry;
  const each =
    COMPUTED_BYTES[settings.dtype] *
    settings.frames *
    (settings.imageSize / vision.patch) ** 2 *
    vision.hidden;
  const stay = settings.clips * clipPixels(settings) <= settings.clipCacheMiB * 2 ** 20;
  const lasting =
    stay && settings.evaluation === null && !(settings.twinSamples > 0 && settings.twinsDecoded);
  return Math.min(MOST_FEATURES, lasting ? settings.clips * each : Infinity);
}

/** What a run of these settings holds whatever its micro-batches are. */
export interface SteadyMemory extends HeldBytes {
  readonly features: number;
  readonly clips: number;
  readonly process: number;
  readonly rollout: number;
  readonly evaluation: number;
}

function steadyMemory(shape: MemoryShape, settings: RunSettings): SteadyMemory {
  const held = heldBytes(shape, settings);
  const frozenTower = !seesWithGradients(settings, adaptedBy(shape, settings.lora));
  const { videosPerStep, samples, twinSamples, twinsDecoded, maxNewTokens, imageSize: size } = settings;
  const { dtype, frames, promptTokens } = settings;
  const common = { dtype, frames, size, promptTokens, frozenTower };
  const twins = twinSamples > 0 ? videosPerStep : 0;
  const rollout = settings.rollout
    ? rolloutBytes(shape, {
        ...common,
        maxNewTokens,
        prompts: videosPerStep + twins,
        clips: videosPerStep + (twinsDecoded ? twins : 0),
        answers: videosPerStep * (samples + twinSamples),
      })
    : 0;
  const { evaluation: asked } = settings;
  const evaluation =
    asked === null
      ? 0
      : rolloutBytes(shape, {
          ...common,
          maxNewTokens: asked.maxNewTokens,
          prompts: asked.prompts,
          clips: asked.prompts,
          answers: asked.prompts * asked.samples,
        });
  const second = settings.oldPolicy ? held.weights : 0;
  return {
    ...held,
    reference: held.reference + second,
    features: frozenTower ? featureBytes(shape, settings) : 0,
    clips: clipBytes(settings),
    process: settings.device === "cpu" ? RUN_PROCESS_BYTES : CARD_BYTES,
    rollout,
    evaluation,
  };
}

/** How an update is split: most rows in a micro-batch, and most videos. */
export interface Micro {
  readonly microTokens: number;
  readonly microVideos?: number | undefined;
}

/** Groups with answers of that length that a micro-batch holds. */
function groupsOf(
  { videosPerStep, samples, promptTokens }: RunSettings,
  { microTokens, microVideos = Infinity }: Micro,
  answerTokens: number,
): number {
  const each = promptTokens + samples * answerTokens;
  return Math.min(videosPerStep, microVideos, Math.max(1, Math.floor(microTokens / each)));
}

/** Shapes of the fullest micro-batch: few groups of long answers, many of short ones, or all that there are. */
function fullest(settings: RunSettings, micro: Micro): { groups: number; answerTokens: number }[] {
  const { samples, maxNewTokens, promptTokens } = settings;
  const short = groupsOf(settings, micro, 1);
  const left = Math.floor((micro.microTokens / short - promptTokens) / samples);
  return [
    { groups: groupsOf(settings, micro, maxNewTokens), answerTokens: maxNewTokens },
    // An answer may fill what the others leave free.
    { groups: short, answerTokens: Math.min(maxNewTokens, Math.max(1, left)) },
  ];
}

function updateMemory(shape: MemoryShape, settings: RunSettings, micro: Micro): number {
  const { samples: answers, imageSize: size } = settings;
  const each = fullest(settings, micro).map((one) =>
    updateBytes(shape, { ...settings, ...one, answers, size }),
  );
  return Math.max(...each);
}

type Counted = Pick<PlannedMemory, "trainedValues" | "values" | "adapted">;

function countedOf(shape: MemoryShape, settings: RunSettings): Counted {
  const { trained, all, adapted } = trainedValues(shape, settings);
  return {
    trainedValues: trained,
    values: all,
    adapted: settings.lora === undefined ? null : adapted,
  };
}

/** The plan of a run by micro-batches of so many rows. */
function planOf(
  shape: MemoryShape,
  settings: RunSettings,
  steady: SteadyMemory,
  counted: Counted,
  micro: Micro,
  availableBytes: number,
): PlannedMemory {
  const update = updateMemory(shape, settings, micro);
  const { rollout, evaluation, ...held } = steady;
  const widest =
    update >= Math.max(rollout, evaluation) ? "update" : rollout >= evaluation ? "rollout" : "evaluation";
  const peakBytes = Math.round(sum(Object.values(held)) + Math.max(update, rollout, evaluation));
  return {
    device: settings.device,
    ...counted,
    ...held,
    rollout,
    evaluation,
    update,
    widest,
    peakBytes,
    hostBytes: settings.device === "cpu" ? peakBytes : CUDA_PROCESS_BYTES + held.clips,
    availableBytes: availableBytes === Infinity ? null : availableBytes,
    microTokens: micro.microTokens,
    microVideos: groupsOf(settings, micro, 1),
  };
}

/** Micro-batches that may be chosen, the largest first: all that a pass takes, and of these so many videos. */
function microChoices(settings: RunSettings): Micro[] {
  const most = groupsOf(settings, { microTokens: MICRO_TOKENS }, 1);
  const videos = Array.from({ length: most }, (_, i) => most - i);
  return videos.map((microVideos) => ({ microTokens: MICRO_TOKENS, microVideos }));
}

/**
 * Plans a run: by the micro-batches that are asked for, else by the largest ones with which it fits.
 *
 * @param micro  how updates are split; undefined leaves the choice.
 * @returns the plan; that of the smallest micro-batches where none fits, which the caller sees by `peakBytes`.
 * @throws {EngineError} E_OPTION for targets of adapters that no layer has.
 */
export function planRun(
  shape: MemoryShape,
  settings: RunSettings,
  availableBytes: number,
  micro?: Micro,
): PlannedMemory {
  const steady = steadyMemory(shape, settings);
  const counted = countedOf(shape, settings);
  const plan = (split: Micro) => planOf(shape, settings, steady, counted, split, availableBytes);
  if (micro !== undefined) return plan(micro);
  const choices = microChoices(settings);
  for (const split of choices) {
    const found = plan(split);
    if (found.peakBytes <= availableBytes) return found;
  }
  return plan(choices.at(-1) as Micro);
}

/** One video in each. */
export const SMALLEST: Micro = { microTokens: MICRO_TOKENS, microVideos: 1 };

/** What the model's own numbers are, for who plans without a checkpoint's tokens. */
export function visualTokens(
  { vision }: Pick<ModelGeometry, "vision">,
  { frames, imageSize }: Clipped,
): number {
  return frames * (imageSize / vision.patch / 2) ** 2;
}
