/** Two ways of learning held against each other: by hand where nothing can move, and by what drawing must do to it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compared, comparisonLines } from "../../../bench/learning-intervals.js";
import type { Prediction } from "../../../lib/eval/evaluate.js";

const predictions = (scores: readonly (number | null)[], miss = 0): Prediction[] =>
  scores.map((score, i) => ({
    ...{ video: `${i}`, target: i, score: score === null ? null : score + miss, status: "ok" as const },
  }));
const RIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const REVERSED = [...RIGHT].reverse();

test("means are over seeds, and the difference is the second less the first, of the same videos", () => {
  const one = new Map([1, 2].map((seed) => [seed, predictions(REVERSED)]));
  const other = new Map([1, 2, 3].map((seed) => [seed, predictions(RIGHT, 0.5)]));
  const figures = compared(one, other);
  assert.equal(figures["srcc one"].value, -1);
  // Whatever is drawn, one order is the other's reverse.
  for (const bound of ["value", "low", "high"] as const)
    assert.ok(Math.abs((figures["srcc difference"][bound] ?? 0) - 2) < 1e-12, bound);
  assert.deepEqual([figures["mae other"].low, figures["mae other"].high], [0.5, 0.5]);
  const [line] = comparisonLines("in-domain", figures);
  assert.equal(
    line,
    "| in-domain | SRCC | −1.000 [−1.000, −1.000] | 1.000 [1.000, 1.000] | 2.000 [2.000, 2.000] |",
  );
});

test("seeds that differ widen the interval; answers without a score count in no figure", () => {
  const apart = new Map([
    [1, predictions(RIGHT)],
    [2, predictions([...REVERSED.slice(0, 7), null])],
  ]);
  const same = new Map([1, 2].map((seed) => [seed, predictions(RIGHT)]));
  const { "srcc one": moved, "mae one": error } = compared(apart, same);
  assert.equal(moved.value, 0);
  assert.deepEqual([moved.low, moved.high], [-1, 1]);
  // |7 − 2i| of the first seven of eight: 25 / 7, and nothing by the other seed.
  assert.ok(Math.abs((error.value ?? 0) - 25 / 14) < 1e-12);
});
