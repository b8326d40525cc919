/** Moments by hand, what a NaN counts in, and distances that are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gaussianDistance, gaussianOf } from "../../../lib/measures/gaussian.js";

const { NaN: none } = Number;

test("mean and covariance are those of the rows, divided by one less", () => {
  const found = gaussianOf(Float64Array.of(1, 2, 3, 6, 5, 4), 2);
  assert.deepEqual(found, { mean: Float64Array.of(3, 4), covariance: Float64Array.of(4, 2, 2, 4) });
});

test("a NaN counts in no mean, its row in no covariance", () => {
  const rows = Float64Array.of(1, 2, 3, 6, 5, 4, 7, none);
  assert.deepEqual(gaussianOf(rows, 2), {
    mean: Float64Array.of(4, 4),
    covariance: Float64Array.of(4, 2, 2, 4),
  });
});

test("a single row has no covariance; rows without a whole one make none", () => {
  assert.deepEqual(gaussianOf(Float64Array.of(1, 2), 2), {
    mean: Float64Array.of(1, 2),
    covariance: new Float64Array(4),
  });
  assert.equal(gaussianOf(Float64Array.of(1, none, none, 2), 2), null);
  assert.equal(gaussianOf(new Float64Array(0), 2), null);
});

test("distances: of itself 0, along an axis in units of the mean variance, symmetric", () => {
  const one = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 0, 0, 4) };
  const other = { mean: Float64Array.of(3, 0), covariance: Float64Array.of(3, 0, 0, 4) };
  assert.equal(gaussianDistance(one, one), 0);
  // d = 3, variance (1 + 3) / 2.
  assert.ok(Math.abs(gaussianDistance(one, other) - 3 / Math.SQRT2) < 1e-15);
  assert.equal(gaussianDistance(one, other), gaussianDistance(other, one));
});

test("a direction in which neither varies counts for nothing, as a pseudo-inverse has it", () => {
  const flat = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 0, 0, 0) };
  const moved = { mean: Float64Array.of(2, 9), covariance: Float64Array.of(1, 0, 0, 0) };
  assert.ok(Math.abs(gaussianDistance(flat, moved) - 2) < 1e-15);
});
