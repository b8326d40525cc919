/** The keys of a run's configuration that say how its learning rates go. */
import { z } from "zod";
import { count, positive } from "../core/schema.js";
import { SCHEDULE_NAMES, type Setting } from "../train/schedule.js";

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
