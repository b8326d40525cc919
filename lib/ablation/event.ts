/** What an ablation tells while it goes on. */
import type { TrainEvent } from "../grpo/event.js";
import type { SftEvent } from "../sft/event.js";
import type { RowName, StartName } from "./table.js";

/** How many of how many are done. */
interface Counted {
  readonly done: number;
  readonly count: number;
}

/** Told in the order in which things are made. */
export type AblationEvent =
  /** Learnings that are there already, of all. */
  | ({ readonly type: "begin" } & Counted)
  | ({ readonly type: "rendering" | "answering" } & Counted)
  /** A row's start is made. */
  | { readonly type: "starting"; readonly start: StartName; readonly seed: number; readonly event: SftEvent }
  | { readonly type: "learning"; readonly row: RowName; readonly seed: number; readonly event: TrainEvent }
  | ({ readonly type: "measuring"; readonly row: RowName; readonly seed: number } & Counted)
  /** A learning is measured and kept, with how many are now. */
  | ({ readonly type: "measured"; readonly row: RowName; readonly seed: number } & Counted);
