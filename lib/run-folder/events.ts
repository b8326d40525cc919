/**
 * What a run tells while it goes on, whatever its method: the lines of events.jsonl, and who hears them. Only finished
 * steps carry `step`; other events say after which one.
 */

import type { PlannedMemory } from "./planned-memory.js";

/** What every finished step tells; its method's measures stand beside these, in the same object. */
export interface RunStep {
  readonly type: "step";
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Of parts that have their own. */
  readonly learningRates?: Readonly<Record<string, number | undefined>> | undefined;
  readonly seconds: number;
}

export interface Warning {
  /** The reward that it is about, if any. */
  readonly reward?: string | undefined;
  readonly message: string;
}

/** What a method may ask for with a warning. */
export interface StoppingWarning extends Warning {
  /** Is the run to end after it? */
  readonly stop?: boolean | undefined;
}

/** What the model of a step says of the run's evaluation list. Measures are null where they are not defined. */
export interface EvaluationEvent {
  readonly type: "evaluation";
  readonly afterStep: number;
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly krcc: number | null;
  /** On the model's scale. */
  readonly rmse: number | null;
  readonly mae: number | null;
  readonly listed: number;
  /** Videos with a score; the others count in no measure. */
  readonly parsed: number;
  /**
   * SRCC where an answer without a score counts as the middle of the scale, as the released evaluation counts 3: evaluations
   * are compared by it, so that a model that hardly answers is not the best by the few answers that are left. Events of
   * earlier versions have none.
   */
  readonly srccOfAll?: number | null | undefined;
  /** Is that above the one of every evaluation before? */
  readonly isBest: boolean;
  readonly seconds: number;
}

/**
 * One line of events.jsonl.
 *
 * @typeParam M  a method's measures of one step.
 */
export type RunEvent<M = unknown> =
  | {
      readonly type: "start";
      readonly afterStep: number;
      readonly steps: number;
      readonly videos: number;
      readonly run: string;
      /** What the run is planned to take; events of earlier versions have none. */
      readonly memory?: PlannedMemory | undefined;
    }
  | (RunStep & M)
  /** A video that cannot be read, told before its step begins. */
  | { readonly type: "skipped"; readonly atStep: number; readonly video: string; readonly message: string }
  /** What a method found before its first update: by reward, the share of videos that it teaches and of answers that it leaves out. */
  | {
      readonly type: "dryCheck";
      readonly atStep: number;
      readonly rewards: Readonly<Record<string, { readonly teaches: number; readonly leftOut: number }>>;
      readonly message: string;
    }
  /** A step none of whose videos can be read: it counts, and changes nothing. */
  | { readonly type: "emptyStep"; readonly atStep: number; readonly message: string }
  | ({ readonly type: "warning"; readonly afterStep: number } & Warning)
  | { readonly type: "checkpoint"; readonly afterStep: number; readonly path: string }
  | EvaluationEvent
  | {
      readonly type: "end";
      readonly afterStep: number;
      readonly stopped: boolean;
      /** Why the run ended before its last step by itself; null when it did not. Events of earlier versions have none. */
      readonly because?: string | null | undefined;
    };

/** Hears a run: its folder, a screen, a curve. What it throws ends the run, after the last finished step is saved. */
export interface Sink<M = unknown> {
  /** Every event, as it happens. */
  event(event: RunEvent<M>): void;
  /** What the method kept of a step's videos, before the step's own event. */
  completions?(lines: readonly object[]): void;
}

export function tell<M>(sinks: readonly Sink<M>[], event: RunEvent<M>): void {
  for (const sink of sinks) sink.event(event);
}
