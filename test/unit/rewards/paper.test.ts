/** The paper's variants against their formulas, and the law that makes equation 8 inert. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { batchOf, near } from "../../helpers/reward-batch.js";

const flat = (groups: Float64Array[]) => groups.flatMap((group) => [...group]);
const variant = "paper";

function scored(videos: { target: number; scores: (number | null)[]; perturbed?: number[] }[]): RewardBatch {
  const answers = (scores: (number | null)[]) => scores.map((score) => ({ text: "", score }));
  return {
    step: 3,
    seed: 4,
    videos: videos.map(({ target, scores, perturbed }, i) => ({
      id: String(i),
      target,
      answers: answers(scores),
      ...(perturbed === undefined ? {} : { perturbed: answers(perturbed) }),
    })),
  };
}

test("regression: alpha scales the bell, however many decimals; no score, no reward", () => {
  const [group] = regressionReward({ variant })(scored([{ target: 3, scores: [3, 3.25, 3.5, null] }]));
  assert.ok(near(group ?? [], [0.8, 0.8 * Math.exp(-0.125), 0.8 * Math.exp(-0.5), 0], 1e-15));
});

test("ranking: population variance, a tie earns nearly nothing, no score earns nothing and counts nowhere", () => {
  const batch = scored([
    { target: 3, scores: [3, 4, null] },
    { target: 1, scores: [1, 2] },
  ]);
  const [first] = rankingReward({ variant })(batch);
  // √(p + 1e-6) + √1e-6 with p = scipy's norm.cdf((s − 1.5) / √(0.5 + 1e-6)), s = 3 and 4: both variances are ¼.
  assert.ok(near(first ?? [], [0.9924905365357107, 1.0008987555089812, 0], 1e-12));
  const [tie] = rankingReward({ variant })(
    scored([
      { target: 3, scores: [3, 4] },
      { target: 3, scores: [1, 2] },
    ]),
  );
  assert.ok(near(tie ?? [], [0.002, 0.002], 1e-12));
});

test("ranking: one drawn opponent by default, and the same one again", () => {
  const videos = Array.from({ length: 6 }, (_, i) => ({ target: i, scores: [i, i + 1] }));
  const [all] = rankingReward({ variant, opponents: "all" })(scored(videos));
  const [one] = rankingReward({ variant })(scored(videos));
  assert.deepEqual(one, rankingReward({ variant })(scored(videos))[0]);
  assert.notDeepEqual(one, all);
});

test("ranking needs someone to compare with", () => {
  assert.throws(() => rankingReward({ variant })(scored([{ target: 1, scores: [1, 2] }])), {
    code: "E_OPTION",
  });
});

test("temporal: all answers of a video or none", () => {
  const batch = scored([
    { target: 4, scores: [4, 3.9], perturbed: [1, 2] },
    { target: 2, scores: [2, 2.1], perturbed: [2, 2.1] },
    { target: 3, scores: [0, 0], perturbed: [3, 3] },
  ]);
  const ranking = { opponents: "all" as const };
  const bonus = temporalReward({ variant, ranking })(batch);
  assert.ok(near(bonus[0] ?? [], [0.6, 0.6], 1e-12));
  for (const group of bonus) assert.ok(group.every((value) => value === group[0]));
  assert.equal(bonus[2]?.[0], 0);
});

test("equation 8 as printed leaves every advantage as it was", () => {
  const batch = scored([
    { target: 4, scores: [4, 3.9, 3, 2.2], perturbed: [1, 2, 3, 3] },
    { target: 2, scores: [2, 2.1, 3.3, 1.7], perturbed: [4, 4.1, 4, 4] },
  ]);
  const base = flat(regressionReward({ variant })(batch));
  const bonus = flat(temporalReward({ variant, ranking: { opponents: "all" } })(batch));
  assert.ok(
    bonus.some((value) => value > 0),
    "the bonus must be earned for the test to say anything",
  );
  for (const scale of ["paper", "released", "none"] as const) {
    const without = advantages(base, 4, { scale });
    const withBonus = advantages(
      base.map((value, i) => value + (bonus[i] ?? 0)),
      4,
      { scale },
    );
    assert.ok(near(withBonus, without, 1e-12), scale);
  }
});

test("temporal without perturbed answers says so", () => {
  assert.throws(() => temporalReward({ variant })(batchOf([{ target: 1, texts: ["1"] }])), {
    code: "E_OPTION",
    message: /perturbed/,
  });
});
