/** Eigenvalues and eigenvectors of small symmetric matrices by Jacobi's rotations. Pure. */

export interface Eigen {
  /** [n], in no order. */
  readonly values: Float64Array;
  /** [n, n]: row i is the vector of value i, of length 1. */
  readonly vectors: Float64Array;
}

/** So many sweeps are never needed: each squares what is left off the diagonal. */
const MOST_SWEEPS = 60;

/** @param matrix  [n, n], symmetric and finite. */
export function symmetricEigen(matrix: Float64Array): Eigen {
  const n = Math.sqrt(matrix.length);
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  const scale = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += (a[p * n + q] as number) ** 2;
        rotate(a, vectors, n, p, q);
      }
    if (off <= Number.EPSILON ** 2 * scale) break;
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number), vectors };
}

/** Makes the element at p, q nothing. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const at = (i: number, j: number) => a[i * n + j] as number;
  const pq = at(p, q);
  if (pq === 0) return;
  const theta = (at(q, q) - at(p, p)) / (2 * pq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(t, 1);
  const sin = t * cos;
  const turn = (values: Float64Array, one: number, other: number) => {
    const [x, y] = [values[one] as number, values[other] as number];
    values[one] = cos * x - sin * y;
    values[other] = sin * x + cos * y;
  };
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k);
  for (let k = 0; k < n; k++) turn(vectors, p * n + k, q * n + k);
  a[p * n + q] = 0;
  a[q * n + p] = 0;
}
