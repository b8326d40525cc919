/** The ways in which numbers of two programs are compared. A number that is not finite is never close. */
import assert from "node:assert/strict";

export function norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] ?? 0) ** 2;
  return Math.sqrt(squares);
}

function difference(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): Float64Array {
  assert.equal(actual.length, expected.length, `${what}: length`);
  return Float64Array.from(actual, (value, i) => value - (expected[i] ?? Number.NaN));
}

/** |a − b| ≤ bound for every element. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  what: string,
): void {
  for (const [i, delta] of difference(actual, expected, what).entries()) {
    assert.ok(
      Math.abs(delta) <= bound,
      `${what}[${i}]: ${actual[i]}, expected ${expected[i]} within ${bound}`,
    );
  }
}

/** ‖a − b‖ ≤ relative · ‖b‖ + absolute. */
export function assertNormNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, absolute }: { relative: number; absolute: number },
  what: string,
): void {
  const distance = norm(difference(actual, expected, what));
  const bound = relative * norm(expected) + absolute;
  assert.ok(distance <= bound, `${what}: differs by ${distance}, at most ${bound}`);
}
