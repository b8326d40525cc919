/** Learning rates against transformers' schedules, and those of runs that began by the first rules. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type ScheduleOptions, scheduleOf } from "../../../lib/train/schedule.js";
import { goldenPath } from "../../helpers/goldens.js";

interface Case extends Pick<ScheduleOptions, "schedule" | "warmupSteps" | "steps"> {
  readonly rates: number[];
}

test("every rate is that of transformers, to the last digits of a double", () => {
  const { cases } = JSON.parse(readFileSync(goldenPath("schedule.json"), "utf8")) as { cases: Case[] };
  assert.equal(cases.length, 24);
  for (const { rates, ...options } of cases) {
    const rate = scheduleOf({ learningRate: 1, ...options });
    for (const [i, expected] of rates.entries()) {
      const far = Math.abs(rate(i + 1) - expected);
      assert.ok(far <= 4 * Number.EPSILON, `${JSON.stringify(options)}, step ${i + 1}: ${rate(i + 1)}`);
    }
  }
});

test("by the first rules the warm-up is one step ahead, and only that differs", () => {
  const rates = (rules: 1 | 2, schedule: Case["schedule"], warmupSteps: number) => {
    const rate = scheduleOf({ learningRate: 1, warmupSteps, schedule, steps: 10, rules });
    return Array.from({ length: 10 }, (_, i) => Math.round(rate(i + 1) * 1e6) / 1e6);
  };
  assert.deepEqual(rates(1, "constant", 4), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(rates(1, "linear", 5), [0.2, 0.4, 0.6, 0.8, 1, 1, 0.8, 0.6, 0.4, 0.2]);
  for (const schedule of ["constant", "linear", "cosine"] as const) {
    assert.deepEqual(rates(1, schedule, 0), rates(2, schedule, 0));
    assert.deepEqual(rates(1, schedule, 4).slice(4), rates(2, schedule, 4).slice(4));
  }
});
