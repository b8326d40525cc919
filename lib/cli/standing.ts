/** Where a run stands that an error has ended, and how it goes on: one line for a person. */
import { toType } from "../core/to-type.js";
import type { RunEvent, Sink } from "../run-folder/events.js";

/** How a run that has ended goes on. */
export function goOnWith(run: string): string {
  return `go on with: ${toType("train", "--resume", run)}`;
}

export class Standing implements Sink {
  #run: string | null = null;
  #saved = 0;

  event(event: RunEvent): void {
    if (event.type === "start") this.#run = event.run;
    if (event.type === "start" || event.type === "checkpoint") this.#saved = event.afterStep;
  }

  /** Empty before a run folder is made: there is nothing to go on with. */
  line(): string {
    if (this.#run === null) return "";
    const saved = this.#saved === 0 ? "nothing is saved yet" : `saved after step ${this.#saved}`;
    return `${saved}; ${goOnWith(this.#run)}\n`;
  }
}
