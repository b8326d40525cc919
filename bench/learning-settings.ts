/** Learnings by name: what each lays over the demonstration's own configuration. Data; knows no run. */
import { OVERLAY, overlayKeys } from "../lib/trial/overlay.js";
import { presetKeys } from "../lib/presets/preset.js";

export interface LearningSettings {
  /** Keys of the configuration in place of the demonstration's own. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** By supervised fine-tuning in place of GRPO, to answer with the score alone. */
  readonly supervised?: true;
  /** Clips to train on; absent: the demonstration's. */
  readonly clips?: number;
}

export const SETTINGS: Readonly<Record<string, LearningSettings>> = {
  demo: { keys: {} },
};

/** Every key of the configuration that settings decide: all but paths and seed. */
export function keysOf({ keys, supervised }: LearningSettings): Record<string, unknown> {
  if (supervised !== true) return { ...overlayKeys(null), ...keys };
  // Nothing is sampled: how long an answer may be is GRPO's.
  const { maxNewTokens: _, ...seen } = presetKeys(OVERLAY);
  return { ...seen, method: "sft", reply: "<answer>{score}</answer>", ...keys };
}
