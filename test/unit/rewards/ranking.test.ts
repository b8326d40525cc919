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

test("VisualQuality-R1: all other images of the own data set, unbiased variance, ties at a half", () => {
  const videos = [
    { target: 3.5, scores: [3, 3.4, 3.8], dataset: "a" },
    { target: 66, scores: [60, 64, 71], dataset: "b" },
    { target: 2.2, scores: [2, 2.5, 2.7], dataset: "a" },
    { target: 50, scores: [40, 52, 55], dataset: "b" },
  ];
  // √(p + 1e-6) + 1e-3 (above) or 1e-3 + √(1 - p + 1e-6) (below), by math.erf of Python in double.
  const expected = [
    [0.932341984, 0.985043637, 0.998665348],
    [0.934660455, 0.970064123, 0.995168341],
    [0.998665348, 0.977045775, 0.95135646],
    [0.998517041, 0.954947605, 0.922319346],
  ].flat();
  const options = { variant: "released", within: "dataset" } as const;
  assert.ok(near(flat(rankingReward(options)(scored(videos))), expected, 1e-8));
  // Of one data set that is all the others, as where a step holds no other.
  const own = videos.filter(({ dataset }) => dataset === "a");
  const alone = flat(rankingReward({ variant: "released", opponents: 7 })(scored(own)));
  assert.ok(near(alone, [...expected.slice(0, 3), ...expected.slice(6, 9)], 1e-8));
});

test("blocks: each meets the others of its block, and what fills no last one belongs to the one before", () => {
  const videos = [
    { target: 3.2, scores: [3, 3.4] },
    { target: 2.2, scores: [2, 2.5] },
    { target: 4.1, scores: [4, 4.4] },
    { target: 1.2, scores: [1, 1.9] },
    { target: 3.2, scores: [3.3, 3.1] },
  ];
  // As above: blocks of places 0, 1 and 2, 3, 4.
  const expected = [
    [0.976288442, 0.998224694],
    [0.998988267, 0.969996004],
    [0.99954057, 1.000979178],
    [1.000907561, 0.995079545],
    [0.999878652, 0.99951364],
  ].flat();
  const options = { variant: "released", opponents: 1, choice: "block" } as const;
  assert.ok(near(flat(rankingReward(options)(scored(videos))), expected, 1e-8));
});

test("ties and the estimator of the variance can be said apart from the variant", () => {
  const batch = (other: number) =>
    scored([
      { target: 3, scores: [3, 4] },
      { target: other, scores: [1, 2] },
    ]);
  // As above, with population variances and ½, and with unbiased ones.
  const half = flat(rankingReward({ variant: "paper", ties: "half" })(batch(3)));
  assert.ok(near(half, [0.793148487, 0.717171587, 0.717171587, 0.793148487], 1e-8));
  const unbiased = flat(rankingReward({ variant: "paper", variance: "unbiased" })(batch(1)));
  assert.ok(near(unbiased, [0.967019514, 0.997890823, 0.997890823, 0.967019514], 1e-8));
});

test("an answer without a score is left out when that is asked for", () => {
  const batch = scored([
    { target: 3, scores: [3, 4, null] },
    { target: 1, scores: [1, 2] },
  ]);
  const [zero, dropped] = (["zero", "drop"] as const).map((unparsed) =>
    flat(rankingReward({ variant: "paper", unparsed })(batch)),
  );
  assert.deepEqual(dropped, zero?.with(2, null));
  assert.equal(zero?.[2], 0);
});

test("options that are none are refused by name", () => {
  for (const options of [{ choice: "near" }, { within: "list" }, { ties: "one" }, { variance: "biased" }])
    assert.throws(() => rankingReward({ variant: "paper", ...options } as never), {
      code: "E_OPTION",
      message: new RegExp(`option ${Object.keys(options)[0]}: expected one of`),
    });
});
