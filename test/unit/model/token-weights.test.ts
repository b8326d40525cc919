/** Weights of tokens: what they sum to, and which tokens count alike. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  givenWeights,
  meanOfMeans,
  meanOfSums,
  oneWeight,
  tokenMean,
} from "../../../lib/model/token-weights.js";

const LENGTHS = [4, 1, 3];

test("mean of means: every completion counts alike", () => {
  const third = 1 / 3;
  assert.deepEqual(
    [...meanOfMeans(LENGTHS)],
    [...new Array<number>(4).fill(1 / 12), third, ...new Array<number>(3).fill(1 / 9)],
  );
});

test("token mean and one constant: every token counts alike", () => {
  assert.deepEqual([...tokenMean(LENGTHS)], new Array(8).fill(1 / 8));
  assert.deepEqual([...oneWeight(0.25)(LENGTHS)], new Array(8).fill(0.25));
  assert.deepEqual([...tokenMean([])], []);
});

test("mean of sums: every token counts alike, over completions and one constant", () => {
  assert.deepEqual([...meanOfSums(1)(LENGTHS)], new Array(8).fill(1 / 3));
  assert.deepEqual([...meanOfSums(10)([2, 0, 1])], new Array(3).fill(1 / 30));
});

test("given weights: shares of their sum, as one float32 product makes them", () => {
  const given = Float32Array.of(0.1, 0, 3, 0.7);
  const shares = givenWeights(given)([4]);
  assert.ok(Math.abs(shares.reduce((sum, one) => sum + one) - 1) < 1e-7);
  const total = given.reduce((sum, one) => sum + one, 0);
  const product = Float32Array.from(given, (weight) => weight * Math.fround(1 / total));
  assert.deepEqual(Float32Array.from(shares), product);
});
