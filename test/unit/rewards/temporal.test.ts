/** The bonus of both variants, and the law that makes equation 8 inert. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { batchOf, flat, near, scored } from "../../helpers/reward-batch.js";

test("temporal: all answers of a video or none", () => {
  const batch = scored([
    { target: 4, scores: [4, 3.9], perturbed: [1, 2] },
    { target: 2, scores: [2, 2.1], perturbed: [2, 2.1] },
    { target: 3, scores: [0, 0], perturbed: [3, 3] },
  ]);
  const ranking = { opponents: "all" as const };
  const bonus = temporalReward({ variant: "paper", ranking })(batch);
  assert.ok(near(bonus[0] ?? [], [0.6, 0.6], 1e-12));
  for (const group of bonus) assert.ok(group.every((value) => value === group[0]));
  assert.equal(bonus[2]?.[0], 0);
});

test("equation 8 as printed leaves every advantage as it was", () => {
  const batch = scored([
    { target: 4, scores: [4, 3.9, 3, 2.2], perturbed: [1, 2, 3, 3] },
    { target: 2, scores: [2, 2.1, 3.3, 1.7], perturbed: [4, 4.1, 4, 4] },
  ]);
  const base = flat(regressionReward({ variant: "paper" })(batch));
  const bonus = flat(temporalReward({ variant: "paper", ranking: { opponents: "all" } })(batch));
  assert.ok(
    bonus.some((value) => value !== null && value > 0),
    "the bonus must be earned for the test to say anything",
  );
  for (const scale of ["paper", "released", "none"] as const) {
    const without = advantages(base, 4, { scale });
    const withBonus = advantages(
      base.map((value, i) => (value ?? Number.NaN) + (bonus[i] ?? 0)),
      4,
      { scale },
    );
    assert.ok(near(withBonus, without, 1e-12), scale);
  }
});

test("temporal without perturbed answers says so", () => {
  assert.throws(() => temporalReward({ variant: "paper" })(batchOf([{ target: 1, texts: ["1"] }])), {
    code: "E_OPTION",
    message: /perturbed/,
  });
});

test("temporal: each answer by its own reward, the condition over the whole batch", () => {
  const [good, fair, bad] = [
    "<answer>3.21</answer>",
    "<answer>3.60</answer>",
    "<answer>1.01</answer>",
  ] as const;
  const batch = batchOf([
    { target: 3.2, texts: [good, fair], perturbed: [bad, bad] },
    {
      target: 2.0,
      texts: ["<answer>2.01</answer>", "<answer>2.51</answer>"],
      perturbed: ["<answer>4.01</answer>", "<answer>4.01</answer>"],
    },
  ]);
  // Ranking rewards are all above 0.5; regression rewards are above 0.9 for the first answer of each only.
  assert.ok(near(flat(temporalReward({ variant: "released" })(batch)), [0.6, 0.3, 0.6, 0.3], 1e-12));
  const swapped = {
    ...batch,
    videos: batch.videos.map((v) => ({ ...v, answers: v.perturbed ?? [], perturbed: v.answers })),
  };
  assert.deepEqual(flat(temporalReward({ variant: "released" })(swapped)), [0, 0, 0, 0]);
});
