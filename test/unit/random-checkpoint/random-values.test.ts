/** Random weights: the same by seed and name, within their range, and bfloat16 as rounding makes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBfloat16, rangeOf, toBfloat16 } from "../../../lib/random-checkpoint/random-values.js";

function values(seed: number, name: string, shape: readonly number[]): Float32Array {
  const bytes = Buffer.concat(Array.from(randomBfloat16(seed, name, shape), (piece) => Buffer.from(piece)));
  const words = new Uint16Array(new Uint8Array(bytes).buffer);
  return new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer);
}

test("the same seed and name give the same values, another of either does not", () => {
  const first = values(0, "a.weight", [30, 20]);
  assert.deepEqual(values(0, "a.weight", [30, 20]), first);
  assert.notDeepEqual(values(1, "a.weight", [30, 20]), first);
  assert.notDeepEqual(values(0, "b.weight", [30, 20]), first);
});

test("values fill their range evenly", () => {
  for (const [name, shape] of [
    ["x.weight", [400, 100]],
    ["x.norm.weight", [40000]],
    ["x.running_var", [40000]],
    ["conv.weight", [40, 10, 1, 10, 10]],
  ] as const) {
    const { mean, spread } = rangeOf(name, shape);
    const found = values(3, name, shape);
    // bfloat16 keeps eight bits of a value: an end may be rounded over by half a step.
    const step = (Math.abs(mean) + spread) / 256;
    assert.ok(
      found.every((value) => Math.abs(value - mean) <= spread + step),
      name,
    );
    const average = found.reduce((a, b) => a + b, 0) / found.length;
    // Six deviations of the mean of 40,000 uniform values.
    assert.ok(Math.abs(average - mean) < (6 * spread) / Math.sqrt(3 * found.length) + step / 100, name);
  }
});

test("an odd number of values is whole, and more than one piece goes on where the last ended", () => {
  assert.equal(values(0, "a", [3]).length, 3);
  const long = values(0, "a", [(1 << 22) + 3]);
  assert.equal(long.length, (1 << 22) + 3);
  assert.deepEqual(long.subarray(0, 3), values(0, "a", [3]));
});

test("bfloat16 rounds to nearest even", () => {
  assert.equal(toBfloat16(1), 0x3f80);
  assert.equal(toBfloat16(1 + 2 ** -8), 0x3f80);
  assert.equal(toBfloat16(1 + 3 * 2 ** -8), 0x3f82);
  assert.equal(toBfloat16(-2), 0xc000);
});
