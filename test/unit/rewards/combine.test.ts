/** Sums, the public trainer's own among them, and rewards of a user that do not keep the contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { combineRewards, rewardTable } from "../../../lib/rewards/combine.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { batchOf, flat, near, RECORDED } from "../../helpers/reward-batch.js";

const batch = batchOf([
  { target: 1, texts: ["1", "2"] },
  { target: 2, texts: ["2", "3"] },
]);
const constant = (value: number) => () => [Float64Array.of(value, value), Float64Array.of(value, value)];

test("rewards add up, promised ones too", async () => {
  const total = await combineRewards(constant(1), async () => [Float64Array.of(1, 2), Float64Array.of(3, 4)])(
    batch,
  );
  assert.deepEqual(
    total.map((group) => [...group]),
    [
      [2, 3],
      [4, 5],
    ],
  );
});

test("a wrong shape or a number that is none is reported by the reward's name", async () => {
  const run = (groups: Float64Array[]) => rewardTable(new Map([["mine", () => groups]]), batch);
  await assert.rejects(run([Float64Array.of(1, 2)]), { code: "E_OPTION", message: /mine.*2 arrays/ });
  await assert.rejects(run([Float64Array.of(1), Float64Array.of(1, 2)]), {
    code: "E_OPTION",
    message: /mine.*v0/,
  });
  await assert.rejects(run([Float64Array.of(1, 2), Float64Array.of(1, Number.NaN)]), {
    code: "E_NUMERIC",
    message: /mine.*v1/,
  });
});

test("numbers of the public trainer: each reward, their sum and the advantages", async () => {
  const batch = RECORDED.batch();
  assert.ok(near(flat(rankingReward({ variant: "released" })(batch)), RECORDED.ranking, 1e-6));
  assert.ok(near(flat(regressionReward({ variant: "released" })(batch)), RECORDED.regression, 1e-6));
  assert.deepEqual(flat(formatReward({ variant: "released" })(batch)), [...RECORDED.format]);
  const total = flat(
    await combineRewards(
      rankingReward({ variant: "released" }),
      regressionReward({ variant: "released" }),
      formatReward({ variant: "released" }),
    )(batch),
  );
  assert.ok(near(total, RECORDED.total, 1e-6));
  assert.ok(near(advantages(total, 4), RECORDED.advantages, 5e-6)); // recorded with five decimals
});
