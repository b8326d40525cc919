/** Learning rates at the places that matter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { scheduleOf } from "../../../lib/train/schedule.js";

const rates = (schedule: "constant" | "linear" | "cosine", warmupSteps: number) => {
  const rate = scheduleOf({ learningRate: 1, warmupSteps, schedule, steps: 10 });
  return Array.from({ length: 10 }, (_, i) => Math.round(rate(i + 1) * 1e6) / 1e6);
};

test("linear is the released trainer's: the peak first, 0 one step after the last", () => {
  assert.deepEqual(rates("linear", 0), [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]);
});

test("the warm-up ends at the peak", () => {
  assert.deepEqual(rates("constant", 4), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(rates("linear", 5), [0.2, 0.4, 0.6, 0.8, 1, 1, 0.8, 0.6, 0.4, 0.2]);
});

test("cosine falls by half at half time", () => {
  assert.equal(rates("cosine", 0)[0], 1);
  assert.equal(rates("cosine", 0)[5], 0.5);
});
