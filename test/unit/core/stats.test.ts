/** Moments and ranks by hand, the error function against recorded numbers of scipy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { erf, mean, normalCdf, ranks, variance } from "../../../lib/core/stats.js";
import { golden } from "../../helpers/goldens.js";

test("mean and both variances", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.equal(variance([1, 2, 6], 0), 14 / 3);
  assert.equal(variance([1, 2, 6], 1), 7);
  assert.ok(Number.isNaN(variance([1], 1)));
});

test("equal values share the mean of their ranks", () => {
  assert.deepEqual([...ranks([10, 20, 10, 5, 20, 20])], [2.5, 5, 2.5, 1, 5, 5]);
});

test("one NaN leaves nothing to rank by", () => {
  assert.deepEqual([...ranks([1, Number.NaN, 0])], [Number.NaN, Number.NaN, Number.NaN]);
});

test("erf equals scipy's", () => {
  const { erf: rows } = golden("statistics") as { erf: [number, number][] };
  assert.ok(rows.length > 20);
  for (const [x, expected] of rows) assert.ok(Math.abs(erf(x) - expected) <= 1e-15, `erf(${x})`);
});

test("the normal distribution function is symmetric", () => {
  for (const x of [0, 0.3, 1.7, 5, 9]) assert.ok(Math.abs(normalCdf(x) + normalCdf(-x) - 1) < 1e-15);
});
