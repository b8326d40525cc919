/** What a making of models tells of itself, with the seconds since it began. */
import type { OnStep } from "./phases.js";

const began = performance.now();

export function say(text: string): void {
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}`);
}

/** Tells of every so many steps of a phase, and of its last. */
export function sayingEvery(steps: number): OnStep {
  return (step, phase, loss) => {
    if (step % steps === 0 || step === phase.steps)
      say(`step ${step} of ${phase.steps}: loss ${loss.toFixed(4)}`);
  };
}
