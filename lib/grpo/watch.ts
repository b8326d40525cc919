/** Finds rewards that cannot teach: those that never differ between the answers to one video. */
import type { Warning } from "../run-folder/events.js";
import type { StepEvent } from "./event.js";

/** Steps after which a reward that never varied is reported. */
const PATIENCE = 5;

export class RewardWatch {
  readonly #varied = new Map<string, boolean>();

  /** Takes every finished step in turn, from the run's first; gives the warnings that are due after it. */
  observe(event: StepEvent): Warning[] {
    for (const [name, share] of Object.entries(event.varying)) {
      this.#varied.set(name, share > 0 || this.#varied.get(name) === true);
    }
    if (event.step !== Math.min(PATIENCE, event.steps)) return [];
    return [...this.#varied]
      .filter(([, varied]) => !varied)
      .map(([reward]) => ({
        reward,
        message: `reward ${reward} never varied within a group in ${event.step} steps: advantages subtract it, so it teaches nothing`,
      }));
  }
}
