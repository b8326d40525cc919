/** The learning rates of a step: those of all parts, each with its own peak. Pure. */
import { optionError } from "../core/check.js";
import type { LearningRates } from "../model/types.js";
import { type Schedule, type ScheduleOptions, scheduleOf } from "./schedule.js";

/** What a step's update takes. */
export interface Rates {
  /** Of all parts but those named in `learningRates`. */
  readonly learningRate: number;
  readonly learningRates?: LearningRates | undefined;
}

/**
 * The rates of every step: each part goes the same way to and from its own peak.
 *
 * @param own  a program's, instead of the configured one: parts are as much above or below it as their peaks are of
 *             `learningRate`.
 * @throws {EngineError} E_OPTION where `own` has nothing to be in proportion to.
 */
export function ratesOf(
  options: ScheduleOptions & { readonly learningRates?: LearningRates | undefined },
  own?: Schedule,
): (step: number) => Rates {
  const { learningRate, learningRates = {} } = options;
  const base = own ?? scheduleOf(options);
  const peaks = Object.entries(learningRates).filter(
    (pair): pair is [string, number] => pair[1] !== undefined,
  );
  if (peaks.length === 0) return (step) => ({ learningRate: base(step) });
  if (own !== undefined && learningRate === 0)
    throw optionError("learningRate", "above 0 beside learningRates and a program's schedule", learningRate);
  const ways = peaks.map(([part, peak]): [string, Schedule] => [
    part,
    own === undefined ? scheduleOf(options, peak) : (step) => own(step) * (peak / learningRate),
  ]);
  return (step) => ({
    learningRate: base(step),
    learningRates: Object.fromEntries(ways.map(([part, way]) => [part, way(step)])),
  });
}
