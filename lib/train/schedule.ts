/** The learning rate as a function of the step. Pure. */

export interface ScheduleOptions {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly steps: number;
}

/** Learning rate of a step, from 1. */
export type Schedule = (step: number) => number;

/**
 * Rises along a line over the warm-up, reaching the peak at its last step; then stays, or falls so that it would
 * be 0 one step after the last.
 */
export function scheduleOf({ learningRate, warmupSteps, schedule, steps }: ScheduleOptions): Schedule {
  return (step) => {
    if (step <= warmupSteps) return (learningRate * step) / warmupSteps;
    // Share of the steps after the warm-up that lie behind this one.
    const done = (step - 1 - warmupSteps) / Math.max(1, steps - warmupSteps);
    if (schedule === "constant") return learningRate;
    return schedule === "linear"
      ? learningRate * (1 - done)
      : (learningRate * (1 + Math.cos(Math.PI * done))) / 2;
  };
}
