/** Learning rates against transformers' schedules, and those of runs that began by the first rules. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  inWholeSteps,
  neededBy,
  SCHEDULE_NAMES,
  type ScheduleOptions,
  scheduleOf,
  takenBy,
  wholeSteps,
} from "../../../lib/train/schedule.js";
import { goldenPath } from "../../helpers/goldens.js";

interface Case extends ScheduleOptions {
  readonly rates: number[];
  readonly parts: number[];
}
interface Recorded {
  /** Peak of the parts, of the whole's. */
  readonly part: number;
  readonly cases: Case[];
  readonly warmups: { share: number; steps: number; warmupSteps: number }[];
}

const { part, cases, warmups } = JSON.parse(readFileSync(goldenPath("schedule.json"), "utf8")) as Recorded;

test("every rate is that of transformers, and of a part with its own peak, to the last digits of a double", () => {
  assert.deepEqual([...new Set(cases.map(({ schedule }) => schedule))], SCHEDULE_NAMES);
  for (const { rates, parts, ...options } of cases) {
    const peak = options.learningRate;
    for (const [expected, rate, of] of [
      [rates, scheduleOf(options), peak],
      [parts, scheduleOf(options, part * peak), part * peak],
    ] as const)
      for (const [i, one] of expected.entries()) {
        const far = Math.abs(rate(i + 1) - one);
        assert.ok(
          far <= 4 * Number.EPSILON * of,
          `${JSON.stringify(options)}, step ${i + 1}: ${rate(i + 1)}`,
        );
      }
  }
});

test("what a kind takes beside peak and warm-up, and what it has no default of", () => {
  for (const schedule of SCHEDULE_NAMES) {
    const given = cases.filter((one) => one.schedule === schedule);
    const used = new Set(
      given.flatMap((one) => Object.keys(one).filter((key) => key.startsWith("schedule"))),
    );
    assert.deepEqual([...used].filter((key) => key !== "schedule").sort(), [...takenBy(schedule)].sort());
    const needed = neededBy(schedule);
    assert.ok(needed === undefined || given.every((one) => one[needed] !== undefined));
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

test("a share of the steps is as many as transformers makes of it", () => {
  assert.equal(warmups.length, 40);
  for (const { share, steps, warmupSteps } of warmups) assert.equal(wholeSteps(share, steps), warmupSteps);
  for (const schedule of ["linear", "inverse-sqrt"] as const) {
    const [share, whole] = [0.25, 3].map((warmupSteps) =>
      scheduleOf({ learningRate: 1, schedule, warmupSteps, steps: 10 }),
    );
    for (let step = 1; step <= 10; step++) assert.equal(share?.(step), whole?.(step));
  }
});

test("a decay that the run has no room for is refused", () => {
  const schedule = "warmup-stable-decay" as const;
  const given = (warmupSteps: number, scheduleDecaySteps: number) =>
    inWholeSteps({ learningRate: 1, schedule, warmupSteps, scheduleDecaySteps }, 10);
  const { warmupSteps, scheduleDecaySteps } = given(0.25, 0.65);
  assert.deepEqual([warmupSteps, scheduleDecaySteps], [3, 7]);
  const message = /scheduleDecaySteps: expected at most 7 behind a warm-up of 3 of 10 steps, found 8/;
  assert.throws(() => given(0.25, 8), { code: "E_OPTION", message });
});

test("what has no default is asked for, and what has no effect refused, of a program too", () => {
  const options = { learningRate: 1, warmupSteps: 0, steps: 10 };
  for (const schedule of SCHEDULE_NAMES) {
    const needed = neededBy(schedule);
    if (needed === undefined) continue;
    const message = new RegExp(`option ${needed}: expected one with schedule ${schedule}, found none`);
    assert.throws(() => scheduleOf({ ...options, schedule }), { code: "E_OPTION", message });
  }
  const idle = { ...options, schedule: "linear", schedulePower: 2 } as const;
  assert.throws(() => scheduleOf(idle), { code: "E_OPTION", message: /schedulePower: expected none/ });
});
