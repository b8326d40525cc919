/** Laws of group-relative advantages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advantages } from "../../../lib/grpo/advantage.js";

const groups = fc.array(
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }),
  { minLength: 1, maxLength: 5 },
);

test("each group sums to zero, and order within it does not matter", () => {
  fc.assert(
    fc.property(
      groups,
      fc.constantFrom("paper" as const, "released" as const, "none" as const),
      (rewards, scale) => {
        const result = advantages(rewards.flat(), 4, { scale });
        const mirrored = advantages(rewards.flat().reverse(), 4, { scale }).reverse();
        for (let i = 0; i < result.length; i += 4) {
          assert.ok(Math.abs(result.subarray(i, i + 4).reduce((a, b) => a + b)) < 1e-9);
        }
        assert.ok(result.every((value, i) => Math.abs(value - (mirrored[i] ?? Number.NaN)) < 1e-6));
      },
    ),
  );
});

test("scales: unbiased deviation + 1e-4, population deviation, none", () => {
  const rewards = [1, 2, 6];
  const by = (divisor: number) => [-2, -1, 3].map((difference) => difference / divisor);
  assert.deepEqual([...advantages(rewards, 3)], by(Math.sqrt(7) + 1e-4));
  assert.deepEqual([...advantages(rewards, 3, { scale: "paper" })], by(Math.sqrt(14 / 3)));
  assert.deepEqual([...advantages(rewards, 3, { scale: "none" })], by(1));
});

test("equal rewards give zeros, even where their mean rounds", () => {
  for (const scale of ["paper", "released", "none"] as const) {
    assert.deepEqual([...advantages([0.1, 0.1, 0.1, 5, 5, 5], 3, { scale })], [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...advantages([0.1 + 0.2, 0.3, 0.3], 3, { scale })], [0, 0, 0]);
  }
});

test("what cannot be is refused", () => {
  assert.throws(() => advantages([1, 2, 3], 2), { code: "E_OPTION" });
  assert.throws(() => advantages([1, 2], 1), { code: "E_OPTION" });
  assert.throws(() => advantages([1, Number.NaN], 2), { code: "E_NUMERIC", message: /rewards\[1\]/ });
});

test("rewards too far apart for a mean or a deviation of theirs are refused by their place", () => {
  for (const scale of ["paper", "released"] as const) {
    for (const far of [[1e308, -1e308], [1e160, -1e160], [1.7e308, 1.7e308, 0].slice(1)]) {
      assert.throws(() => advantages([1, 2, ...far], 2, { scale }), {
        code: "E_NUMERIC",
        message: /^rewards\[2\] to rewards\[3\].*overflows/,
      });
    }
  }
  assert.throws(() => advantages([1.7e308, 1.7e308, 0], 3, { scale: "none" }), { code: "E_NUMERIC" });
  assert.throws(() => advantages([1.7e308, -1.7e308, -1.7e308], 3, { scale: "none" }), { code: "E_NUMERIC" });
  assert.deepEqual([...advantages([1e150, -1e150], 2, { scale: "paper" })], [1, -1]);
});
