/** Where a run stands that has ended, by itself, a signal or an error, and what to type next: one line for a person. */
import { toType } from "../core/to-type.js";
import type { TrainSummary } from "../run/run.js";
import type { RunEvent, Sink } from "../run-folder/events.js";

export class Standing implements Sink {
  #run: string | null = null;
  #began = 0;
  #saved = 0;

  event(event: RunEvent): void {
    if (event.type === "start") {
      this.#run = event.run;
      this.#began = event.afterStep;
    }
    if (event.type === "start" || event.type === "checkpoint") this.#saved = event.afterStep;
  }

  /** After an error. Empty before a run folder is made: there is nothing to go on with. */
  line(): string {
    if (this.#run === null) return "";
    const saved = this.#saved === 0 ? "nothing is saved yet" : `saved after step ${this.#saved}`;
    return `${saved}; ${goOnWith(this.#run)}\n`;
  }

  /** After a run that has done its work, or was stopped. */
  closing({ step, steps, stopped, because, run, checkpoint, best, adapters }: TrainSummary): string {
    if (stopped) return `stopped after step ${step} of ${steps}; ${goOnWith(run)}\n`;
    const model = best?.checkpoint ?? checkpoint ?? run;
    if (this.#began < step) {
      const end =
        because === null ? `finished ${steps} steps` : `ended after step ${step} of ${steps}, ${because}`;
      const whose =
        best === null ? "its model" : `its best model, of step ${best.step} (SRCC ${best.srcc.toFixed(3)}),`;
      return `${end}: ${run}; ${whose} scores with: ${toType("score", "--model", model, "VIDEO")}\n`;
    }
    const longer = (from: string) => toType("train", "--model", from, "--data", "FILE", "--out", "NEW");
    // A run begins with weights of its own: an adapter is put into those of its base first.
    const onward = adapters
      ? `${toType("merge", model, "--out", "MERGED")}, then ${longer("MERGED")}`
      : longer(model);
    return `nothing was left to do: ${run} has its ${step} steps${because === null ? "" : ` (${because})`}; a new run goes on from its model with: ${onward}\n`;
  }
}

function goOnWith(run: string): string {
  return `go on with: ${toType("train", "--resume", run)}`;
}
