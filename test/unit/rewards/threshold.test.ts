/** Q-Insight's score reward, by hand: 1 where |s - g| < 0.35. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { thresholdReward } from "../../../lib/rewards/threshold.js";
import { scored } from "../../helpers/reward-batch.js";

const earned = (scores: (number | null)[], ...options: Parameters<typeof thresholdReward>) =>
  thresholdReward(...options)(scored([{ target: 3.2, scores }]))[0];

test("near enough is less than 0.35 away, on either side", () => {
  // 3.2 - 2.86 = 0.34; 3.54 - 3.2 = 0.34; 3.56 - 3.2 = 0.36; 3.2 - 2.84 = 0.36.
  assert.deepEqual(earned([3.2, 2.86, 3.54, 3.56, 2.84, 5]), [1, 1, 1, 0, 0, 0]);
});

test("the distance itself is near enough when that is said", () => {
  const at = (inclusive: boolean) =>
    thresholdReward({ tau: 0.5, inclusive })(scored([{ target: 3, scores: [2.5, 3.5, 3.75] }]))[0];
  assert.deepEqual(
    [at(false), at(true)],
    [
      [0, 0, 0],
      [1, 1, 0],
    ],
  );
});

test("without a score: nothing, left out, or an invented integer", () => {
  assert.deepEqual(earned([null, 3.2]), [0, 1]);
  assert.deepEqual(earned([null, 3.2], { unparsed: "drop" }), [null, 1]);
  const wide = thresholdReward({ tau: 9, unparsed: "random" })(scored([{ target: 3, scores: [null] }]));
  assert.deepEqual(wide, [[1]]);
  assert.throws(() => thresholdReward({ tau: 0 }), { code: "E_OPTION", message: /tau/ });
  assert.throws(() => thresholdReward({ unparsed: "none" as never }), {
    code: "E_OPTION",
    message: /unparsed/,
  });
});
