/** The first layer that detects energies: its bank says the same of a pattern and of its negative, and more of a stronger one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { energyBank } from "../../../../scripts/small/energies.js";
import { SMALL } from "../../../../scripts/small/wording.js";

const { hidden, intermediate } = SMALL.shape.vision;
const COSINES = SMALL.shape.patch ** 2;

/** Logistic form of the unit, near enough to tell order. */
const gelu = (x: number) => x / (1 + Math.exp(-1.702 * x));

function bands(tokens: Float64Array): number[] {
  const given = energyBank(SMALL.shape, 0);
  const [up, bias, down] = ["fc1.weight", "fc1.bias", "fc2.weight"].map(
    (name) => given[`vision.layers.0.mlp.${name}`] as Float32Array,
  ) as [Float32Array, Float32Array, Float32Array];
  const units = Array.from({ length: intermediate }, (_, u) =>
    gelu(tokens.reduce((sum, x, i) => sum + x * (up[u * hidden + i] as number), bias[u] as number)),
  );
  return Array.from({ length: hidden - COSINES }, (_, band) =>
    units.reduce((sum, unit, u) => sum + unit * (down[(COSINES + band) * intermediate + u] as number), 0),
  );
}

test("a cosine and its negative give the same, in one band, the more the stronger", () => {
  const one = (value: number) => bands(new Float64Array(hidden).fill(value, 5, 6));
  const [none, weak, strong, negative] = [0, 1, 2, -2].map(one) as [number[], number[], number[], number[]];
  for (const [band, value] of strong.entries())
    assert.ok(Math.abs(value - (negative[band] as number)) < 1e-9);
  const moved = strong.flatMap((value, band) =>
    Math.abs(value - (none[band] as number)) > 1e-9 ? [band] : [],
  );
  assert.equal(moved.length, 1);
  const [band = 0] = moved;
  assert.ok(
    (none[band] as number) < (weak[band] as number) && (weak[band] as number) < (strong[band] as number),
  );
});

test("an encoder without room for it is refused", () => {
  const narrow = { ...SMALL.shape, vision: { ...SMALL.shape.vision, hidden: COSINES } };
  assert.throws(() => energyBank(narrow, 0), /no room/);
});
