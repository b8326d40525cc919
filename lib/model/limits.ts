/** What the engine takes, for those who refuse it earlier than it does. */
import { checkFlag, optionError } from "../core/check.js";
import type { DType, OptimizerStates, TrainablePart } from "../native/binding.js";
import type { LearningRates } from "./types.js";

export const OPTIMIZER_STATES = ["float32", "bfloat16", "8bit"] as const satisfies OptimizerStates[];

/** A weight that no gradient reaches is divided by epsilon alone: it must not be 0 in float32. */
export const LEAST_EPSILON = 1e-30;

/** A part's own learning rate is one of a part that learns: @throws {EngineError} E_OPTION naming another one. */
export function checkRated(rates: LearningRates, trainable: readonly TrainablePart[]): void {
  for (const [part, rate] of Object.entries(rates)) {
    if (rate === undefined || trainable.some((one) => one === part)) continue;
    const hint = `trainable is ${trainable.join(", ")}`;
    throw optionError(`learningRates.${part}`, "none for what is not trained", rate, hint);
  }
}

/** Whether there are masters: @throws {EngineError} E_OPTION for weights that are their own. */
export function checkMasters(masters: unknown, dtype: DType): boolean {
  const checked = checkFlag("optimizer.masters", masters);
  if (checked || dtype !== "float32") return checked;
  const hint = `dtype "bfloat16" has weights that can do without; those of float32 are their own masters`;
  throw optionError("optimizer.masters", "true with dtype float32", masters, hint);
}

/**
 * Whether a name is a device's, of the numbers that libtorch has for them, or leaves the choice to the machine; whether
 * there is one, the engine says.
 */
export function isDevice(name: string): boolean {
  return /^(auto|cpu|cuda(:(\d|[1-9]\d))?)$/.test(name);
}
