/** A configuration's rewards: the functions themselves, with the configuration's numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildRewards, rewardSchema } from "../../../lib/grpo/rewards.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { batchOf } from "../../helpers/reward-batch.js";

const batch = batchOf([
  { target: 3, texts: ["<answer>3.9</answer>", "<answer>2</answer>"], perturbed: ["2", "2"] },
  { target: 1, texts: ["<answer>1</answer>", "<answer>1.4</answer>"], perturbed: ["3", "3"] },
]);
const built = (rewards: object[]) =>
  buildRewards({
    rewards: rewards.map((one) => rewardSchema.parse(one)),
    temporal: { perturb: true },
    videosPerStep: 2,
  });

test("a default is the same through a configuration and through the function", async () => {
  const direct = regressionReward({ variant: "paper" })(batch);
  assert.deepEqual(await built([{ name: "regression" }]).get("regression")?.(batch), direct);
  const bonus = temporalReward({ variant: "released" })(batch);
  assert.deepEqual(await built([{ name: "temporal", variant: "released" }]).get("temporal")?.(batch), bonus);
});

test("the temporal bonus compares with the other rewards' numbers, where they are of its variant", async () => {
  const wide = { name: "regression", sigma: 4, alpha: 2 };
  const bonus = (variant: "paper" | "released") => {
    const temporal = { name: "temporal", variant: "paper" };
    return built([temporal, { ...wide, variant }, { name: "ranking", variant, opponents: "all" }]).get(
      "temporal",
    );
  };
  const numbers = { ranking: { opponents: "all" }, regression: { sigma: 4, alpha: 2 } } as const;
  const own = temporalReward({ variant: "paper", ...numbers })(batch);
  const plain = temporalReward({ variant: "paper" })(batch);
  assert.notDeepEqual(own, plain);
  assert.deepEqual(await bonus("paper")?.(batch), own);
  assert.deepEqual(await bonus("released")?.(batch), plain);
});

test("a reward comes once, and the temporal one with perturbed answers", () => {
  assert.throws(() => built([{ name: "format" }, { name: "format" }]), {
    code: "E_OPTION",
    message: /rewards\.1\.name: expected each reward once, found "format"/,
  });
  const rewards = [rewardSchema.parse({ name: "temporal" })];
  assert.throws(
    () => buildRewards({ rewards, temporal: { perturb: false }, videosPerStep: 2 }),
    /temporal\.perturb/,
  );
});
