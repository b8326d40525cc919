/** Learning rates of parts: each goes the schedule's way from its own peak. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ratesOf } from "../../../lib/train/rates.js";
import { SCHEDULE_NAMES, type ScheduleOptions, scheduleOf, takenBy } from "../../../lib/train/schedule.js";

const SETTINGS = { scheduleCycles: 2, scheduleDecaySteps: 3, schedulePower: 2, scheduleEnd: 1e-4 };
const STEPS = Array.from({ length: 10 }, (_, i) => i + 1);
const options = (schedule: ScheduleOptions["schedule"]): ScheduleOptions => ({
  ...{ learningRate: 1e-3, warmupSteps: 3, steps: STEPS.length, schedule },
  ...Object.fromEntries(
    Object.entries(SETTINGS).filter(([key]) => takenBy(schedule).some((one) => one === key)),
  ),
});

test("without parts a step has the schedule's rate and nothing else", () => {
  for (const schedule of SCHEDULE_NAMES)
    for (const learningRates of [undefined, {}, { vision: undefined }]) {
      const [rates, rate] = [ratesOf({ ...options(schedule), learningRates }), scheduleOf(options(schedule))];
      for (const step of STEPS) assert.deepEqual(rates(step), { learningRate: rate(step) });
    }
});

test("a part's rate is the whole's in proportion to the peaks, by every schedule", () => {
  const learningRates = { vision: 2.5e-4, projector: 4e-3, language: 1e-3, adapters: 0 };
  for (const schedule of SCHEDULE_NAMES) {
    const rates = ratesOf({ ...options(schedule), learningRates });
    for (const step of STEPS) {
      const { learningRate, learningRates: parts = {} } = rates(step);
      assert.deepEqual(Object.keys(parts), Object.keys(learningRates));
      // By a power of two nothing is rounded.
      assert.deepEqual([parts.vision, parts.projector], [learningRate / 4, learningRate * 4]);
      assert.deepEqual([parts.language, parts.adapters], [learningRate, 0]);
    }
  }
});

test("a program's schedule is of learningRate, and of parts in proportion", () => {
  const own = (step: number) => step / 8;
  const rates = ratesOf({ ...options("cosine"), learningRates: { vision: 2.5e-4 } }, own);
  assert.deepEqual(rates(3), { learningRate: 3 / 8, learningRates: { vision: 3 / 32 } });
  assert.deepEqual(ratesOf(options("cosine"), own)(3), { learningRate: 3 / 8 });
  const refused = { code: "E_OPTION", message: /option learningRate: expected above 0.*found 0/ };
  const none = { ...options("constant"), learningRate: 0 };
  assert.throws(() => ratesOf({ ...none, learningRates: { vision: 1 } }, own), refused);
  assert.deepEqual(ratesOf({ ...none, learningRates: { vision: 1 } })(4).learningRates, { vision: 1 });
});
