/** Sums, and rewards of a user that do not keep the contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { combineRewards, rewardTable } from "../../../lib/rewards/combine.js";
import { batchOf } from "../../helpers/reward-batch.js";

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
