/** A configuration's rewards: the functions themselves, with the configuration's numbers. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { configuredRewards, type RewardKeys, rewardSchema } from "../../../lib/grpo/rewards.js";
import { rewardTable } from "../../../lib/rewards/combine.js";
import { lengthReward } from "../../../lib/rewards/length.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { relativeReward } from "../../../lib/rewards/relative.js";
import type { Reward } from "../../../lib/rewards/reward.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { thresholdReward } from "../../../lib/rewards/threshold.js";
import { train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { batchOf, flat, near, RECORDED } from "../../helpers/reward-batch.js";
import { scratchFolder } from "../../helpers/video-files.js";

const batch = batchOf([
  { target: 3, texts: ["<answer>3.9</answer>", "<answer>2</answer>"], perturbed: ["2", "2"] },
  { target: 1, texts: ["<answer>1</answer>", "<answer>1.4</answer>"], perturbed: ["3", "3"] },
]);
const keys: Omit<RewardKeys, "rewards"> = {
  temporal: { perturb: true },
  videosPerStep: 2,
  samples: 4,
  maxNewTokens: 600,
};
const built = (rewards: object[], more: Partial<RewardKeys> = {}) =>
  configuredRewards({ ...keys, rewards: rewards.map((one) => rewardSchema.parse(one)), ...more });
const given = (rewards: object[], name: string) => {
  const reward = built(rewards).get(name);
  assert.ok(typeof reward === "function");
  return reward(batch);
};

test("a default is the same through a configuration and through the function", () => {
  assert.deepEqual(
    given([{ name: "regression" }], "regression"),
    regressionReward({ variant: "paper" })(batch),
  );
  const temporal = { name: "temporal", variant: "released" };
  assert.deepEqual(given([temporal], "temporal"), temporalReward({ variant: "released" })(batch));
  assert.deepEqual(given([{ name: "threshold" }], "threshold"), thresholdReward()(batch));
  assert.deepEqual(given([{ name: "relative" }], "relative"), relativeReward()(batch));
});

test("the temporal bonus compares with the other rewards' numbers, where they are of its variant", () => {
  const wide = { name: "regression", sigma: 4, alpha: 2 };
  const bonus = (variant: "paper" | "released") => {
    const temporal = { name: "temporal", variant: "paper" };
    return given(
      [temporal, { ...wide, variant }, { name: "ranking", variant, opponents: "all" }],
      "temporal",
    );
  };
  const numbers = { ranking: { opponents: "all" }, regression: { sigma: 4, alpha: 2 } } as const;
  const own = temporalReward({ variant: "paper", ...numbers })(batch);
  const plain = temporalReward({ variant: "paper" })(batch);
  assert.notDeepEqual(own, plain);
  assert.deepEqual(bonus("paper"), own);
  assert.deepEqual(bonus("released"), plain);
});

test("the length bonus asks the reward that it names, with the numbers of this run", () => {
  const videos = batch.videos.map((video) => ({
    ...video,
    answers: video.answers.map((answer) => ({ ...answer, tokens: 400 })),
  }));
  const counted = { ...batch, videos };
  const named = built([
    { name: "length", of: "threshold" },
    { name: "threshold", tau: 1 },
  ]).get("length");
  assert.ok(typeof named === "function");
  assert.deepEqual(named(counted), lengthReward({ of: thresholdReward({ tau: 1 }) })(counted));
  assert.notDeepEqual(named(counted), lengthReward({ of: thresholdReward() })(counted));
});

test("weights are factors of the sum, and no part shows them", async () => {
  const rewards = built([
    { name: "format", weight: 0.5 },
    { name: "regression", weight: -2 },
    { name: "threshold" },
  ]);
  const { parts, weights, total } = await rewardTable(rewards as Map<string, Reward>, batch);
  assert.deepEqual(
    [...weights],
    [
      ["format", 0.5],
      ["regression", -2],
      ["threshold", 1],
    ],
  );
  assert.deepEqual(parts.get("regression"), regressionReward({ variant: "paper" })(batch));
  const [format, regression, threshold] = [...parts.values()].map((groups) => groups[0]?.[0] ?? Number.NaN);
  assert.equal(total[0]?.[0], 0.5 * (format ?? 0) - 2 * (regression ?? 0) + (threshold ?? 0));
});

test("the public trainer's numbers through a configuration, in its own layout of two videos", async () => {
  const released = { variant: "released", weight: 1 };
  const rewards = built([
    { name: "ranking", ...released, opponents: 1, choice: "block" },
    { name: "regression", ...released },
    { name: "format", ...released },
  ]);
  const { parts, total } = await rewardTable(rewards as Map<string, Reward>, RECORDED.batch());
  for (const name of ["ranking", "regression", "format"] as const)
    assert.ok(near(flat(parts.get(name) ?? []), RECORDED[name], 1e-6), name);
  assert.ok(near(flat(total), RECORDED.total, 1e-6));
  assert.ok(near(advantages(flat(total), 4), RECORDED.advantages, 5e-6)); // recorded with five decimals
});

test("VQ-Insight's set through a configuration: accuracy, its temporal bonus, its length bonus", async () => {
  const answers = [
    [45, 400],
    [6, 400],
    [0, 400],
    [50, 200],
  ].map(([score = 0, tokens = 0]) => ({ text: "", score, tokens }));
  const perturbed = [50, 10].map((score) => ({ text: "", score }));
  const one = { step: 1, seed: 1, videos: [{ id: "v", target: 50, answers, perturbed }] };
  const rewards = configuredRewards({
    ...keys,
    videosPerStep: 1,
    rewards: [
      { name: "relative" },
      { name: "temporal", of: ["relative"], gate: "answer", factor: 0.8 },
      { name: "length" },
    ].map((reward) => rewardSchema.parse(reward)),
  });
  const { total } = await rewardTable(rewards as Map<string, Reward>, one);
  // 0.9 + 0.3 + 0.2; 0.12 + 0.3 + 0.2; 0; 1 + 0.3: too short. Mean 0.505 is at least 0.8 times (1 + 0.2) / 2.
  assert.ok(near(flat(total), [1.4, 0.62, 0, 1.3], 1e-12));
});

const refused = (message: RegExp, rewards: object[], more: Partial<RewardKeys> = {}) =>
  assert.throws(() => built(rewards, more), { code: "E_OPTION", message });

test("a reward comes once, and the temporal one with perturbed answers", () => {
  refused(/rewards\.1\.name: expected each reward once, found "format"/, [
    { name: "format" },
    { name: "format" },
  ]);
  const own = { name: "own", module: "a/format.mjs" };
  refused(/rewards\.1\.name: expected each reward once, found "format"/, [{ name: "format" }, own]);
  refused(/temporal\.perturb/, [{ name: "temporal" }], { temporal: { perturb: false } });
});

test("videos, answers or tokens that are too few for a reward are named before anything is loaded", () => {
  refused(/videosPerStep: expected at least 2 with the ranking reward, found 1/, [{ name: "ranking" }], {
    videosPerStep: 1,
  });
  refused(/videosPerStep: expected at least 2 with the temporal reward/, [{ name: "temporal" }], {
    videosPerStep: 1,
  });
  built([{ name: "temporal", of: ["relative"] }], { videosPerStep: 1 });
  const block = { name: "ranking", choice: "block", opponents: 7 };
  refused(/rewards\.0\.opponents: expected blocks .* at most 4, the videos of a step .*, found 8/, [block], {
    videosPerStep: 4,
  });
  built([block], { videosPerStep: 8 });
  refused(/rewards\.0\.pool: expected at most 2, .*found 3/, [{ name: "temporal", pool: 3 }]);
  refused(/rewards\.0\.atLeast: expected at most 4, the answers to a video .*found 5/, [
    { name: "length", atLeast: 5 },
  ]);
  refused(/rewards\.0\.minTokens: expected at most 256, .*maxNewTokens.*, found 320/, [{ name: "length" }], {
    maxNewTokens: 256,
  });
  refused(/rewards\.0\.maxTokens: expected at least 320/, [{ name: "length", maxTokens: 300 }]);
  refused(/rewards\.0\.unparsed: expected "zero" or "drop" with keys, found "random"/, [
    { name: "relative", keys: ["a"], unparsed: "random" },
  ]);
});

test("rows of scores and rows of degradations in one list, as Q-Insight has them", async () => {
  const dir = scratchFolder();
  for (let i = 0; i < 4; i++) writeFileSync(join(dir, `c${i}-q${20 + 10 * i}.mp4`), "");
  const list = join(dir, "list.csv");
  const rows = ["c0-q20.mp4,2,,", "c1-q30.mp4,3,,", "c2-q40.mp4,,blur,mild", "c3-q50.mp4,,noise,strong"];
  writeFileSync(list, ["video,score,distortion_class,severity", ...rows].join("\n"));
  const keys = { model: "fake", data: list, steps: 1, videosPerStep: 4, samples: 2 };
  const rewards = [
    { name: "regression" as const },
    { name: "ranking" as const, opponents: "all" as const },
    { name: "degradation" as const },
  ];
  const out = join(dir, "run");
  const { step } = await train({ ...keys, out, rewards }, {}, fakeEngine(fakeState()));
  assert.equal(step, 1);
  const made = readFileSync(join(out, "completions.jsonl"), "utf8").trim().split("\n");
  for (const line of made) {
    const { id, target, answers } = JSON.parse(line) as {
      id: string;
      target: number | null;
      answers: { rewards: Record<string, number | null> }[];
    };
    const isScored = /c[01]/.test(id);
    assert.equal(target === null, !isScored, line);
    for (const { rewards: earned } of answers)
      assert.deepEqual(
        [earned["regression"] === null, earned["ranking"] === null, earned["degradation"] === null],
        [!isScored, !isScored, isScored],
        line,
      );
  }
  const alone = { ...keys, out: join(dir, "alone"), rewards: [{ name: "regression" as const }] };
  await assert.rejects(train(alone, {}, fakeEngine(fakeState())), {
    code: "E_FORMAT",
    message: /:4: .*"score"/,
  });
  writeFileSync(list, ["video,score,distortion_class,severity", ...rows.slice(2)].join("\n"));
  await assert.rejects(
    train({ ...keys, videosPerStep: 2, out: join(dir, "none"), rewards }, {}, fakeEngine(fakeState())),
    {
      code: "E_OPTION",
      message: /data: expected a score in some row, for the reward regression/,
    },
  );
});
