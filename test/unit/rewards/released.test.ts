/** The released variants against numbers of the public trainer's own functions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { combineRewards } from "../../../lib/rewards/combine.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { batchOf, near, RECORDED } from "../../helpers/reward-batch.js";

const flat = (groups: Float64Array[]) => groups.flatMap((group) => [...group]);
const variant = "released";

test("each reward, their sum and the advantages", async () => {
  const batch = RECORDED.batch();
  assert.ok(near(flat(rankingReward({ variant })(batch)), RECORDED.ranking, 1e-6));
  assert.ok(near(flat(regressionReward({ variant })(batch)), RECORDED.regression, 1e-6));
  assert.deepEqual(flat(formatReward({ variant })(batch)), [...RECORDED.format]);
  const total = flat(
    await combineRewards(
      rankingReward({ variant }),
      regressionReward({ variant }),
      formatReward({ variant }),
    )(batch),
  );
  assert.ok(near(total, RECORDED.total, 1e-6));
  assert.ok(near(advantages(total, 4), RECORDED.advantages, 5e-6)); // recorded with five decimals
});

test("ranking of three videos with a tie", () => {
  const answer = (score: string) => `<answer>${score}</answer>`;
  const batch = batchOf([
    { target: 3, texts: [answer("3.11"), answer("3.31")] },
    { target: 3, texts: [answer("2.95"), answer("3.05")] },
    { target: 4, texts: [answer("4.02"), answer("4.02")] },
  ]);
  const expected = [0.982446, 0.905477, 0.924192, 0.964898, 1.001001, 1.001001];
  assert.ok(near(flat(rankingReward({ variant })(batch)), expected, 1e-6));
});

test("one answer a video: every comparison is even", () => {
  const [value = Number.NaN] = flat(
    rankingReward({ variant })(
      batchOf([
        { target: 3, texts: ["3"] },
        { target: 1, texts: ["1"] },
      ]),
    ),
  );
  assert.ok(Math.abs(value - (Math.sqrt(0.5 + 1e-6) + Math.sqrt(1e-6))) < 1e-12);
});

test("format: nothing before, between or after; odd insides pass", () => {
  const cases: [string, number][] = [
    [" <think>a</think><answer>3</answer>", 0],
    ["<think>a</think><answer>3</answer>\n", 0],
    ["<think>a</think> so <answer>3</answer>", 0],
    ["<think>a</think><answer>3</answer> tail </answer>", 1],
    ["<think>a</think></think><answer>3</answer>", 1],
    ["<think></think><answer></answer>", 1],
    ["<think>a\nb</think> \n <answer>\n3</answer>", 1],
  ];
  const rewards = formatReward({ variant })(batchOf([{ target: 3, texts: cases.map(([text]) => text) }]));
  assert.deepEqual(
    flat(rewards),
    cases.map(([, expected]) => expected),
  );
});

test("a number with fewer than two decimals is worth 0.8", () => {
  const at = (text: string, target: number) =>
    flat(regressionReward({ variant })(batchOf([{ target, texts: [text] }])))[0];
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
  assert.ok(near(flat(temporalReward({ variant })(batch)), [0.6, 0.3, 0.6, 0.3], 1e-12));
  const swapped = {
    ...batch,
    videos: batch.videos.map((v) => ({ ...v, answers: v.perturbed ?? [], perturbed: v.answers })),
  };
  assert.deepEqual(flat(temporalReward({ variant })(swapped)), [0, 0, 0, 0]);
});

test("an answer without a score: a seeded integer from 1 to 5 when asked for the trainer's rule, else zero", () => {
  const batch = (seed: number) => batchOf([{ target: 3, texts: ["no idea"] }], seed);
  const values = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const [value] = flat(regressionReward({ variant })(batch(seed)));
    assert.equal(value, flat(regressionReward({ variant })(batch(seed)))[0]);
    values.add(value ?? Number.NaN);
  }
  assert.deepEqual([...values].sort(), [1, 2, 3].map((miss) => 0.8 * Math.exp(-2 * (miss - 3) ** 2)).sort());
  assert.deepEqual(flat(regressionReward({ variant, unparsed: "zero" })(batch(1))), [0]);
  assert.throws(() => regressionReward({ variant: "paper", unparsed: "random" }), { code: "E_OPTION" });
});
