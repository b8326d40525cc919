/** The paper's ranking against its formulas, the released one against numbers of the public trainer's own function. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { batchOf, flat, near, scored } from "../../helpers/reward-batch.js";

test("ranking: population variance, a tie earns nearly nothing, no score earns nothing and counts nowhere", () => {
  const batch = scored([
    { target: 3, scores: [3, 4, null] },
    { target: 1, scores: [1, 2] },
  ]);
  const [first] = rankingReward({ variant: "paper" })(batch);
  // √(p + 1e-6) + √1e-6 with p = scipy's norm.cdf((s − 1.5) / √(0.5 + 1e-6)), s = 3 and 4: both variances are ¼.
  assert.ok(near(first ?? [], [0.9924905365357107, 1.0008987555089812, 0], 1e-12));
  const [tie] = rankingReward({ variant: "paper" })(
    scored([
      { target: 3, scores: [3, 4] },
      { target: 3, scores: [1, 2] },
    ]),
  );
  assert.ok(near(tie ?? [], [0.002, 0.002], 1e-12));
});

test("ranking: one drawn opponent by default, and the same one again", () => {
  const videos = Array.from({ length: 6 }, (_, i) => ({ target: i, scores: [i, i + 1] }));
  const [all] = rankingReward({ variant: "paper", opponents: "all" })(scored(videos));
  const [one] = rankingReward({ variant: "paper" })(scored(videos));
  assert.deepEqual(one, rankingReward({ variant: "paper" })(scored(videos))[0]);
  assert.notDeepEqual(one, all);
});

test("ranking of a video that is alone is 0: there is nobody to compare with", () => {
  for (const variant of ["paper", "released"] as const) {
    const alone = rankingReward({ variant })(scored([{ target: 1, scores: [1, 2] }]));
    assert.deepEqual(alone, [[0, 0]]);
  }
});

test("ranking of three videos with a tie", () => {
  const answer = (score: string) => `<answer>${score}</answer>`;
  const batch = batchOf([
    { target: 3, texts: [answer("3.11"), answer("3.31")] },
    { target: 3, texts: [answer("2.95"), answer("3.05")] },
    { target: 4, texts: [answer("4.02"), answer("4.02")] },
  ]);
  const expected = [0.982446, 0.905477, 0.924192, 0.964898, 1.001001, 1.001001];
  assert.ok(near(flat(rankingReward({ variant: "released" })(batch)), expected, 1e-6));
});

test("one answer a video: every comparison is even", () => {
  const [value] = flat(
    rankingReward({ variant: "released" })(
      batchOf([
        { target: 3, texts: ["3"] },
        { target: 1, texts: ["1"] },
      ]),
    ),
  );
  assert.ok(near([value ?? null], [Math.sqrt(0.5 + 1e-6) + Math.sqrt(1e-6)], 1e-12));
});
