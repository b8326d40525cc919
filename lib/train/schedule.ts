/** The learning rate as a function of the step. Pure. */
import { optionError } from "../core/check.js";
import { LATEST_RULES, type Rules } from "../core/rules.js";

/** What a schedule takes beside the peak, the warm-up and the steps; a key is refused where it has no effect. */
export interface ScheduleSettings {
  /** Rate ≥ 0 and below the peak that it comes down to. */
  readonly scheduleEnd?: number | undefined;
  /** Above 0: 1 falls along a line. Default 1. */
  readonly schedulePower?: number | undefined;
  /** Times ≥ 2 that it falls from the peak. */
  readonly scheduleCycles?: number | undefined;
  /** T ≥ 1 of the root of T / (T + steps since the peak); default: the warm-up's steps, 10,000 without one. */
  readonly scheduleTimescale?: number | undefined;
  /** The last steps, in which it falls; below 1 their share. */
  readonly scheduleDecaySteps?: number | undefined;
}

export type Setting = keyof ScheduleSettings;
const SETTINGS: readonly Setting[] = [
  "scheduleEnd",
  "schedulePower",
  "scheduleCycles",
  "scheduleTimescale",
  "scheduleDecaySteps",
];

interface Kind {
  readonly needs?: Setting;
  readonly takes?: readonly Setting[];
  /** Share of the peak at a place behind the warm-up. */
  readonly share: (place: Place) => number;
}

interface Place extends Readonly<Record<Exclude<Setting, "scheduleEnd">, number>> {
  /** Share of the steps after the warm-up that lie behind this one. */
  readonly done: number;
  /** Share of the peak that the end is. */
  readonly least: number;
  /** Steps that lie behind this one since the peak, and those that come, this one included. */
  readonly since: number;
  readonly left: number;
}

/** Half a wave of a cosine, from 1 to 0. */
const wave = (done: number) => (1 + Math.cos(Math.PI * done)) / 2;
const above = (least: number, share: number) => share * (1 - least) + least;

/** @source transformers' optimization.py; names are its SchedulerType's with a hyphen. */
const KINDS = {
  constant: { share: () => 1 },
  linear: { share: ({ done }) => 1 - done },
  cosine: { share: ({ done }) => wave(done) },
  "cosine-with-restarts": {
    needs: "scheduleCycles",
    share: ({ done, scheduleCycles }) => wave((scheduleCycles * done) % 1),
  },
  "cosine-with-min-lr": {
    needs: "scheduleEnd",
    share: ({ done, least }) => above(least, wave(done)),
  },
  polynomial: {
    takes: ["scheduleEnd", "schedulePower"],
    share: ({ done, least, schedulePower }) => above(least, (1 - done) ** schedulePower),
  },
  "inverse-sqrt": {
    takes: ["scheduleTimescale"],
    share: ({ since, scheduleTimescale }) => Math.sqrt(scheduleTimescale / (since + scheduleTimescale)),
  },
  "warmup-stable-decay": {
    needs: "scheduleDecaySteps",
    takes: ["scheduleEnd"],
    share: ({ left, least, scheduleDecaySteps }) =>
      left > scheduleDecaySteps ? 1 : above(least, wave(1 - left / scheduleDecaySteps)),
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type ScheduleName = keyof typeof KINDS;
export const SCHEDULE_NAMES = Object.keys(KINDS) as ScheduleName[];
const TIMESCALE = 10_000;
const POLYNOMIAL_END = 1e-7;

/** The learning rate's way through a run. */
export interface ScheduleOptions extends ScheduleSettings {
  /** The peak. */
  readonly learningRate: number;
  /** Below 1 their share of all. */
  readonly warmupSteps: number;
  readonly schedule: ScheduleName;
  readonly steps: number;
  /** Of a run that began by earlier rules; default: the latest. */
  readonly rules?: Rules | undefined;
}

/** Learning rate of a step, from 1. */
export type Schedule = (step: number) => number;

/**
 * Rises along a line from 0 over the warm-up, so that the first step after it has the peak; then goes its kind's way, whose
 * last place would be one step after the last. By the first rules the warm-up was one step ahead.
 *
 * @param peak  of a part that has its own; what the schedule comes down to is then larger or smaller in proportion.
 * @throws {EngineError} E_OPTION as checkSchedule and inWholeSteps.
 * @source transformers' get_scheduler, whose rates these are.
 */
export function scheduleOf(options: ScheduleOptions, peak = options.learningRate): Schedule {
  const { schedule, steps, rules } = options;
  checkSchedule(options);
  const { warmupSteps, scheduleDecaySteps = steps } = inWholeSteps(options, steps);
  const ahead = (rules ?? LATEST_RULES) === 1 ? 1 : 0;
  const least = endOf(options) / options.learningRate || 0;
  const { share }: Kind = KINDS[schedule];
  const settings = {
    least,
    schedulePower: options.schedulePower ?? 1,
    scheduleCycles: options.scheduleCycles ?? 1,
    scheduleTimescale: options.scheduleTimescale ?? (warmupSteps || TIMESCALE),
    scheduleDecaySteps,
  };
  // What comes down to a rate in the end begins there too, by this kind alone.
  const first = schedule === "warmup-stable-decay" ? least : 0;
  return (step) => {
    if (step <= warmupSteps) return ((peak * (step - 1 + ahead)) / warmupSteps) * (1 - first) + peak * first;
    const since = step - 1 - warmupSteps;
    const done = since / Math.max(1, steps - warmupSteps);
    return peak * share({ ...settings, done, since, left: steps - step + 1 });
  };
}

/** What it comes down to, from a peak of `learningRate`. */
function endOf({ schedule, scheduleEnd }: Pick<ScheduleOptions, "schedule" | "scheduleEnd">): number {
  return scheduleEnd ?? (schedule === "polynomial" ? POLYNOMIAL_END : 0);
}

/** Settings that have an effect with it, the one that it needs first. */
export function takenBy(schedule: ScheduleName): readonly Setting[] {
  const { takes = [] }: Kind = KINDS[schedule];
  const needs = neededBy(schedule);
  return needs === undefined ? takes : [needs, ...takes];
}

/** The setting that it has no default of. */
export function neededBy(schedule: ScheduleName): Setting | undefined {
  const { needs }: Kind = KINDS[schedule];
  return needs;
}

/** @throws {EngineError} E_OPTION for a setting that the schedule does not take, that it needs, or that is no end of it. */
export function checkSchedule(options: Omit<ScheduleOptions, "steps" | "warmupSteps" | "rules">): void {
  const { schedule, learningRate } = options;
  const needs = neededBy(schedule);
  for (const key of SETTINGS) {
    const value = options[key];
    if (value !== undefined && !takenBy(schedule).includes(key)) {
      const others = SCHEDULE_NAMES.filter((name) => takenBy(name).includes(key));
      throw optionError(key, `none with schedule ${schedule}`, value, `it is of ${others.join(", ")}`);
    }
    if (value === undefined && key === needs) throw optionError(key, `one with schedule ${schedule}`, value);
  }
  const end = endOf(options);
  if (takenBy(schedule).includes("scheduleEnd") && end > 0 && end >= learningRate)
    throw optionError("scheduleEnd", `a rate below learningRate ${learningRate}`, end);
}

/**
 * Steps as they are, or from a share below 1 of all: rounded up.
 *
 * @source transformers' TrainingArguments.get_warmup_steps.
 */
export function wholeSteps(given: number, steps: number): number {
  return given < 1 ? Math.ceil(steps * given) : given;
}

/** The steps of a schedule in numbers. @throws {EngineError} E_OPTION where warm-up and decay are longer than the run. */
export function inWholeSteps<S extends Omit<ScheduleOptions, "steps">>(options: S, steps: number): S {
  const warmupSteps = wholeSteps(options.warmupSteps, steps);
  const { scheduleDecaySteps } = options;
  if (scheduleDecaySteps === undefined) return { ...options, warmupSteps };
  const decay = wholeSteps(scheduleDecaySteps, steps);
  if (warmupSteps + decay <= steps) return { ...options, warmupSteps, scheduleDecaySteps: decay };
  const expected = `at most ${Math.max(0, steps - warmupSteps)} behind a warm-up of ${warmupSteps} of ${steps} steps`;
  throw optionError("scheduleDecaySteps", expected, decay);
}
