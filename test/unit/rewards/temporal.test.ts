/** The bonus of both variants, and the law that makes equation 8 inert. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { relativeReward } from "../../../lib/rewards/relative.js";
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

test("VQ-Insight: 0.3 where an answer earns more than 0.1, if the mean is at least 0.8 of the shuffled one", () => {
  // Relative rewards of target 50: 0.9, 0.12, 0, 1, mean 0.505; of the shuffled copy 1 and 0.2, mean 0.6. 0.8 · 0.6 = 0.48.
  const batch = scored([{ target: 50, scores: [45, 6, 0, 50], perturbed: [50, 10] }]);
  const compared = [{ reward: relativeReward(), threshold: 0.1 }];
  const options = { variant: "paper", gate: "answer", compared } as const;
  assert.deepEqual(temporalReward({ ...options, factor: 0.8 })(batch), [[0.3, 0.3, 0, 0.3]]);
  assert.deepEqual(temporalReward(options)(batch), [[0, 0, 0, 0]]);
});

test("means over each video, over blocks and over the step", () => {
  // Relative rewards 1 and 1 against 0 in the first two videos; 0.5 against 1 in the other two.
  const good = { target: 10, scores: [10, 10], perturbed: [0, 0] };
  const bad = { target: 10, scores: [5, 5], perturbed: [10, 10] };
  const batch = scored([good, bad, bad, bad]);
  const earned = (pool: "video" | "step" | number) =>
    temporalReward({
      variant: "released",
      delta: 1,
      pool,
      compared: [{ reward: relativeReward(), threshold: 0.1 }],
    })(batch).map(([first]) => first);
  assert.deepEqual(earned("video"), [1, 0, 0, 0]);
  // (1 + ½) / 2 against ½ in the first block, ½ against 1 in the second; 2.5 / 4 against 3 / 4 over all.
  assert.deepEqual(earned(2), [1, 1, 0, 0]);
  assert.deepEqual(earned("step"), [0, 0, 0, 0]);
});

test("each answer by its own reward, against its own copy: a bonus that can teach", () => {
  const batch = scored([{ target: 3, scores: [3, 3.4, 1], perturbed: [1, 1, 1] }]);
  const bonus = temporalReward({
    variant: "paper",
    gate: "answer",
    compared: [{ reward: regressionReward({ variant: "paper" }), threshold: 0.5 }],
  })(batch);
  // 0.8, 0.8·exp(-0.32) = 0.58, 0.8·exp(-8).
  assert.deepEqual(bonus, [[0.3, 0.3, 0]]);
});

test("what the compared rewards leave out is left out, and counts in no mean", () => {
  const compared = [{ reward: regressionReward({ variant: "paper", unparsed: "drop" }), threshold: 0.5 }];
  const batch = scored([{ target: 3, scores: [3, null], perturbed: [3, null] }]);
  const each = { variant: "paper", gate: "answer", compared } as const;
  assert.deepEqual(temporalReward(each)(batch), [[0.3, null]]);
  // By the video's mean all its answers earn the same, whatever each of them is.
  assert.deepEqual(temporalReward({ variant: "paper", compared })(batch), [[0.3, 0.3]]);
  const unread = scored([{ target: 3, scores: [null, null], perturbed: [3, 3] }]);
  assert.deepEqual(temporalReward({ variant: "paper", compared })(unread), [[null, null]]);
  // Copies that nobody can judge earn nothing, so that the video earns as much at least.
  const nobody = scored([{ target: 3, scores: [3, 3], perturbed: [null, null] }]);
  assert.deepEqual(temporalReward({ variant: "paper", compared })(nobody), [[0.3, 0.3]]);
});

test("a video and its copy meet the same opponents: equal answers hold, whoever is drawn", () => {
  const videos = Array.from({ length: 64 }, (_, i) => {
    const scores = [1 + (i % 9) / 2, 1 + (i % 7) / 2, 1 + (i % 5) / 2];
    return { target: 1 + (i % 17) / 4, scores, perturbed: scores };
  });
  const ranking = { variant: "paper", opponents: 1, choice: "drawn" } as const;
  const compared = [{ reward: rankingReward(ranking), threshold: -1 }];
  const bonus = temporalReward({ variant: "paper", compared })(scored(videos));
  assert.deepEqual(new Set(bonus.flat()), new Set([0.3]));
});

test("options that are none are refused by name", () => {
  for (const options of [{ gate: "all" }, { pool: "list" }, { pool: 1 }, { factor: -1 }])
    assert.throws(() => temporalReward({ variant: "paper", ...options } as never), {
      code: "E_OPTION",
      message: new RegExp(`option ${Object.keys(options)[0]}: expected`),
    });
});
