/** The bell: the paper's against its formula, the public trainer's with its penalty. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { batchOf, flat, near, scored } from "../../helpers/reward-batch.js";

test("regression: alpha scales the bell, however many decimals; no score, no reward", () => {
  const [group] = regressionReward({ variant: "paper" })(
    scored([{ target: 3, scores: [3, 3.25, 3.5, null] }]),
  );
  assert.ok(near(group ?? [], [0.8, 0.8 * Math.exp(-0.125), 0.8 * Math.exp(-0.5), 0], 1e-15));
});

test("a number with fewer than two decimals is worth 0.8", () => {
  const at = (text: string, target: number) =>
    flat(regressionReward({ variant: "released" })(batchOf([{ target, texts: [text] }])))[0];
  assert.equal(at("3.25", 3.25), 1);
  assert.equal(at("3.456", 3.456), 1);
  for (const [text, target] of [
    ["3.5", 3.5],
    ["3.50", 3.5],
    ["4.00", 4],
    ["4", 4],
    ["3.10", 3.1],
  ] as const)
    assert.equal(at(text, target), 0.8);
});

test("an answer without a score: a seeded integer from 1 to 5 when asked for the trainer's rule, else zero", () => {
  const batch = (seed: number) => batchOf([{ target: 3, texts: ["no idea"] }], seed);
  const values = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const [value] = flat(regressionReward({ variant: "released" })(batch(seed)));
    assert.equal(value, flat(regressionReward({ variant: "released" })(batch(seed)))[0]);
    values.add(value ?? Number.NaN);
  }
  assert.deepEqual([...values].sort(), [1, 2, 3].map((miss) => 0.8 * Math.exp(-2 * (miss - 3) ** 2)).sort());
  assert.deepEqual(flat(regressionReward({ variant: "released", unparsed: "zero" })(batch(1))), [0]);
  assert.throws(() => regressionReward({ variant: "paper", unparsed: "random" }), { code: "E_OPTION" });
});

test("an answer without a score is left out when that is asked for, by either variant", () => {
  for (const variant of ["paper", "released"] as const) {
    const [group] = regressionReward({ variant, unparsed: "drop" })(
      scored([{ target: 3, scores: [3.25, null] }]),
    );
    assert.deepEqual([typeof group?.[0], group?.[1]], ["number", null]);
  }
});
