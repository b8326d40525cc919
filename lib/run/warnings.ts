/** What of a run's numbers may not be meant: told when it begins or goes on, refused nowhere. Pure. */

/** A warm-up that is as long as the run. */
export function warmupWarnings({ warmupSteps, steps }: { warmupSteps: number; steps: number }): string[] {
  if (warmupSteps < steps) return [];
  return [
    `warmupSteps ${warmupSteps}, but ${steps} steps in all: the learning rate stays below learningRate`,
  ];
}
