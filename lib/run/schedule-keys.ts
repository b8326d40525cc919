/** The keys of a run's configuration that say how its learning rates go, and what they say against each other. */
import { z } from "zod";
import { optionError } from "../core/check.js";
import { count, positive } from "../core/schema.js";
import {
  endOf,
  neededBy,
  SCHEDULE_NAMES,
  type ScheduleOptions,
  type Setting,
  takenBy,
} from "../train/schedule.js";

const rate = z.number().min(0);
const isSteps = (value: number) => value < 1 || Number.isInteger(value);
const steps = { message: "expected a whole number of steps, or a share of them below 1" };

const SETTING_KEYS = {
  scheduleEnd: rate
    .optional()
    .describe(
      "Rate that cosine-with-min-lr, polynomial (default: 1e-7) and warmup-stable-decay (0) come down to.",
    ),
  schedulePower: positive.optional().describe("Of polynomial; default: 1, a line."),
  scheduleCycles: z.int().min(2).optional().describe("Times that cosine-with-restarts falls from the peak."),
  scheduleTimescale: count
    .optional()
    .describe("Steps of inverse-sqrt; default: warmupSteps, 10000 without a warm-up."),
  scheduleDecaySteps: positive
    .refine(isSteps, steps)
    .optional()
    .describe("Last steps, in which warmup-stable-decay falls; below 1 their share."),
} satisfies Record<Setting, z.ZodType>;
const SETTINGS = Object.keys(SETTING_KEYS) as Setting[];

export const scheduleKeys = {
  learningRate: rate.default(1e-6).describe("Peak. Paper."),
  learningRates: z
    .strictObject({
      vision: rate.optional(),
      projector: rate.optional(),
      language: rate.optional(),
      motionProjector: rate.optional(),
      adapters: rate.optional(),
    })
    .optional()
    .describe("Peaks of parts of trainable that have another one than learningRate. Ours."),
  warmupSteps: rate
    .refine(isSteps, steps)
    .default(0)
    .describe("Steps of rising learning rate, the first at 0; below 1 their share of all. Released."),
  schedule: z
    .enum(SCHEDULE_NAMES)
    .default("linear")
    .describe("After the warm-up (docs/training.md). Released."),
  ...SETTING_KEYS,
};

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
