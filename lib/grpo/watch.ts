/** Finds rewards that cannot teach: those that never differ between the answers to one video, or judge none. */
import type { Warning } from "../run-folder/events.js";
import type { StepEvent } from "./event.js";

/** Steps after which a reward that never varied is reported. */
const PATIENCE = 5;

export class RewardWatch {
  readonly #varied = new Map<string, boolean>();
  readonly #judged = new Set<string>();
  #seen = 0;

  /** Takes every step that was made in turn, from the run's first; gives the warnings that are due after it. */
  observe(event: StepEvent): Warning[] {
    this.#seen++;
    for (const [name, share] of Object.entries(event.varying)) {
      this.#varied.set(name, share > 0 || this.#varied.get(name) === true);
      if (event.rewards[name] !== null) this.#judged.add(name);
    }
    if (this.#seen !== Math.min(PATIENCE, event.steps)) return [];
    return [...this.#varied]
      .filter(([, varied]) => !varied)
      .map(([reward]) => ({
        reward,
        message: this.#judged.has(reward)
          ? `reward ${reward} never varied within a group in ${this.#seen} steps: advantages subtract it, so it teaches nothing`
          : `reward ${reward} left out every answer in ${this.#seen} steps: does the list hold what it reads?`,
      }));
  }
}
