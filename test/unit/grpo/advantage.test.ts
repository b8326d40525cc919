/** Laws of group-relative advantages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advantages, aggregatedAdvantages, isConstant } from "../../../lib/grpo/advantage.js";

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

test("by the deviation of all rewards", () => {
  const divisor = Math.sqrt(1.25 / 3) + 1e-4;
  const found = advantages([0, 1, 0.5, 1.5], 2, { scale: "batch" });
  assert.deepEqual(
    [...found],
    [-0.5, 0.5, -0.5, 0.5].map((gap) => gap / divisor),
  );
  assert.deepEqual([...advantages([2, 2, 5, 5], 2, { scale: "batch" })], [0, 0, 0, 0]);
});

test("a reward that is null is left out, and its advantage is 0", () => {
  const divisor = Math.sqrt(2) + 1e-4;
  assert.deepEqual([...advantages([1, null, 3], 3)], [-1 / divisor, 0, 1 / divisor]);
  assert.deepEqual(
    [...advantages([null, null, 3, 1, 2, null], 3, { scale: "none" })],
    [0, 0, 0, -0.5, 0.5, 0],
  );
  assert.ok(isConstant([null, 3, null]) && isConstant([null]) && !isConstant([1, null, 2]));
});

test("of several rewards: of their sum, or each in its own deviations first", () => {
  const [first, second] = [
    [1, 0, 0.5, 0.5],
    [10, 20, null, 30],
  ];
  const sum = aggregatedAdvantages([first, second] as (number | null)[][], 2, { weights: [1, 0.1] });
  assert.deepEqual([...sum], [...advantages([2, 2, 0.5, 3.5], 2)]);
  const each = aggregatedAdvantages(
    [
      [1, 0, 0, 2],
      [0, 10, 5, 5],
    ],
    2,
    { aggregation: "normalize_then_sum" },
  );
  const measured = (gap: number, deviation: number) => gap / (deviation + 1e-4);
  const cancelled = measured(0.5, Math.SQRT1_2) - measured(5, Math.sqrt(50));
  const sums = [cancelled, -cancelled, measured(-1, Math.SQRT2), measured(1, Math.SQRT2)];
  const deviation = Math.sqrt(sums.reduce((total, one) => total + one ** 2, 0) / 3) + 1e-4;
  assert.ok(each.every((gain, i) => Math.abs(gain - (sums[i] ?? 0) / deviation) < 1e-12));
  assert.deepEqual([...aggregatedAdvantages([], 2)], []);
  const wrong = { weights: [1], aggregation: "normalize_then_sum" } as const;
  assert.throws(() => aggregatedAdvantages([first, first], 2, wrong), {
    code: "E_OPTION",
    message: /option weights: expected 2 finite numbers/,
  });
  assert.throws(() => aggregatedAdvantages([first], 2, { ...wrong, scale: "none" }), {
    code: "E_OPTION",
    message: /option scale: expected "released"/,
  });
  assert.throws(() => aggregatedAdvantages([first, [1, 2]], 2), { code: "E_OPTION", message: /parts\[1\]/ });
  assert.throws(() => advantages([1, 2], 2, { scale: "group" as never }), { code: "E_OPTION" });
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
