/** Laws of eigenvalues: the matrix comes back, vectors are orthonormal, known spectra are found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { symmetricEigen } from "../../../lib/measures/symmetric-eigen.js";

const apart = (one: Float64Array, other: Float64Array) =>
  one.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0);

/** Σ values[k] · vectorₖ vectorₖᵀ. */
function composed(values: Float64Array, vectors: Float64Array): Float64Array {
  const n = values.length;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return values.reduce(
      (sum, value, k) => sum + value * (vectors[k * n + i] as number) * (vectors[k * n + j] as number),
      0,
    );
  });
}

/** A symmetric matrix without pattern, its rows scaled by powers of ten. */
function rough(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Math.sin(1 + (i + 1) * (j + 1) * 12.9898) * 10 ** -((i + j) % 5);
  });
}

for (const n of [1, 2, 3, 36])
  test(`of a rough matrix of ${n} × ${n} its parts make it again`, () => {
    const matrix = rough(n);
    const { values, vectors } = symmetricEigen(matrix);
    assert.ok(apart(composed(values, vectors), matrix) < 1e-13);
    const identity = composed(new Float64Array(n).fill(1), vectors);
    assert.ok(
      apart(
        identity,
        Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0)),
      ) < 1e-13,
    );
    assert.deepEqual(matrix, rough(n), "what was given stays");
  });

test("known spectra: a chain of springs, and a matrix of rank one", () => {
  const chain = Float64Array.of(2, -1, 0, -1, 2, -1, 0, -1, 2);
  const known = Float64Array.of(2 - Math.SQRT2, 2, 2 + Math.SQRT2);
  assert.ok(apart(symmetricEigen(chain).values.sort(), known) < 1e-15);
  const ones = symmetricEigen(new Float64Array(16).fill(1)).values.sort();
  assert.ok(apart(ones, Float64Array.of(0, 0, 0, 4)) < 1e-15);
});
