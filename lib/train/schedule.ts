/** The learning rate as a function of the step. Pure. */
import { LATEST_RULES, type Rules } from "../core/rules.js";

/** The learning rate's way through a run. */
export interface ScheduleOptions {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly steps: number;
  /** Of a run that began by earlier rules; default: the latest. */
  readonly rules?: Rules | undefined;
}

/** Learning rate of a step, from 1. */
export type Schedule = (step: number) => number;

/**
 * Rises along a line from 0 over the warm-up, so that the first step after it has the peak; then stays, or falls so that
 * it would be 0 one step after the last. By the first rules the warm-up was one step ahead.
 *
 * @source transformers' get_constant_schedule_with_warmup, get_linear_… and get_cosine_….
 */
export function scheduleOf({ learningRate, warmupSteps, schedule, steps, rules }: ScheduleOptions): Schedule {
  const ahead = (rules ?? LATEST_RULES) === 1 ? 1 : 0;
  return (step) => {
    if (step <= warmupSteps) return (learningRate * (step - 1 + ahead)) / warmupSteps;
    // Share of the steps after the warm-up that lie behind this one.
    const done = (step - 1 - warmupSteps) / Math.max(1, steps - warmupSteps);
    if (schedule === "constant") return learningRate;
    return schedule === "linear"
      ? learningRate * (1 - done)
      : (learningRate * (1 + Math.cos(Math.PI * done))) / 2;
  };
}
