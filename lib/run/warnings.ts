/** What of a run's numbers may not be meant: told when it begins or goes on, refused nowhere. Pure. */
import { percent } from "../core/percent.js";
import { type ScheduleOptions, scheduleOf } from "../train/schedule.js";

/** Of the peak: a last rate above it is no fall. */
const HARDLY_LESS = 0.9;

/** A warm-up that is as long as the run, and a fall that the run is too short for. */
export function scheduleWarnings(options: ScheduleOptions): string[] {
  const { warmupSteps, steps, schedule } = options;
  if (warmupSteps >= steps)
    return [
      `warmupSteps ${warmupSteps}, but ${steps} steps in all: the learning rate stays below learningRate`,
    ];
  if (schedule !== "inverse-sqrt") return [];
  const last = scheduleOf(options, 1)(steps);
  if (last <= HARDLY_LESS) return [];
  return [
    `schedule inverse-sqrt: the last of ${steps} steps still has ${percent(last)} of learningRate; a smaller ` +
      "scheduleTimescale falls sooner",
  ];
}
