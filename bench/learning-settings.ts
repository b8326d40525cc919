/** Learnings by name: what each lays over the demonstration's own configuration. Data; knows no run. */

import { presetKeys } from "../lib/presets/preset.js";
import { OVERLAY, overlayKeys } from "../lib/trial/overlay.js";

export interface LearningSettings {
  /** Keys of the configuration in place of the demonstration's own. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** By supervised fine-tuning in place of GRPO, to answer with the score alone. */
  readonly supervised?: true;
  /** Clips to train on; absent: the demonstration's. */
  readonly clips?: number;
}

/** What the demonstration had before its learning rate fell. */
const LEVEL = { learningRate: 3e-4, schedule: "constant" };
/** Three times as long a run whose learning rate falls as slowly. */
const LONG = { steps: 900 };
const PAPER = { variant: "paper" };
const SMOOTH = [
  { name: "format", ...PAPER },
  { name: "regression", ...PAPER, sigma: 1 },
  { name: "ranking", ...PAPER, opponents: "all" },
];
const OF_ALL = [
  { name: "format", ...PAPER },
  { name: "regression", ...PAPER },
  { name: "ranking", ...PAPER, opponents: "all" },
];
const SLOW_START = { warmupSteps: 60 };

export const SETTINGS: Readonly<Record<string, LearningSettings>> = {
  demo: { keys: {} },
  // As many videos as the demonstration sees; the better one of 3e-4 and 1e-3 on seed 0.
  sft: { keys: { learningRate: 3e-4, schedule: "linear" }, supervised: true },
  "states-8bit": { keys: { optimizer: { states: "8bit" } } },
  "states-bfloat16": { keys: { optimizer: { states: "bfloat16" } } },
  level: { keys: LEVEL },
  // What could bound the demonstration, each lifted alone.
  clips: { keys: {}, clips: 1000 },
  encoder: { keys: { trainable: ["vision", "projector", "language", "motionProjector"] } },
  long: { keys: LONG },
  "no-kl": { keys: { beta: 0 } },
  // Levers within the demonstration's time.
  steep: { keys: { learningRate: 1e-3, beta: 0.001, rewards: OF_ALL } },
  "strong-kl": { keys: { beta: 0.3 } },
  smooth: { keys: { rewards: SMOOTH } },
  "slow-start": { keys: { ...SLOW_START, beta: 0.1, rewards: SMOOTH } },
  "top-entropy": { keys: { ...SLOW_START, beta: 0.05, rewards: SMOOTH, topEntropyQuantile: 0.25 } },
  nucleus: { keys: { learningRate: 8e-4, warmupSteps: 40, rewards: SMOOTH, topP: 0.9 } },
  "eight-answers": { keys: { samples: 8, videosPerStep: 11 } },
  "no-deviation": { keys: { advantage: "none" } },
};

/** Every key of the configuration that settings decide: all but paths and seed. */
export function keysOf({ keys, supervised }: LearningSettings): Record<string, unknown> {
  if (supervised !== true) return { ...overlayKeys(null), ...keys };
  // Nothing is sampled: how long an answer may be is GRPO's.
  const { maxNewTokens: _, ...seen } = presetKeys(OVERLAY);
  return { ...seen, method: "sft", reply: "<answer>{score}</answer>", ...keys };
}
