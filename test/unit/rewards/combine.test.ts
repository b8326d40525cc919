/** Sums, the public trainer's own among them, and rewards of a user that do not keep the contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { advantages } from "../../../lib/grpo/advantage.js";
import { combineRewards, rewardTable } from "../../../lib/rewards/combine.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import { type Reward, type RewardBatch, weighted } from "../../../lib/rewards/reward.js";
import { batchOf, flat, near, RECORDED } from "../../helpers/reward-batch.js";

const batch = batchOf([
  { target: 1, texts: ["1", "2"] },
  { target: 2, texts: ["2", "3"] },
]);
const constant = (value: number) => () => [Float64Array.of(value, value), Float64Array.of(value, value)];

test("rewards add up, promised ones too", async () => {
  const total = await combineRewards(constant(1), async () => [Float64Array.of(1, 2), Float64Array.of(3, 4)])(
    batch,
  );
  assert.deepEqual(total, [
    [2, 3],
    [4, 5],
  ]);
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

const table = (...rewards: [string, unknown][]) =>
  rewardTable(new Map(rewards.map(([name, reward]) => [name, reward as Reward])), batch);

test("what is no list of lists of numbers is refused by the reward's name, holes too", async () => {
  const refused = async (returned: unknown, message: RegExp) => {
    for (const reward of [() => returned, async () => returned])
      await assert.rejects(table(["mine", reward]), { code: "E_OPTION", message });
  };
  const whole = Float64Array.of(1, 2);
  await refused(undefined, /^reward mine: expected 2 arrays, one per video, found none; .*return/);
  await refused(null, /^reward mine: expected 2 arrays, one per video, found null$/);
  await refused(3, /found 3$/);
  await refused(new Set([whole, whole]), /2 arrays, one per video, found Set/);
  await refused({ length: 2, 0: whole, 1: whole }, /2 arrays, one per video, found \{/);
  await refused("ab", /2 arrays, one per video, found "ab"$/);
  await refused([whole, whole, whole], /2 arrays, one per video, found 3$/);
  await refused(new Array(2), /^reward mine: expected 2 numbers for video v0, found none$/);
  await refused(Object.assign(new Array(2), { 0: whole }), /2 numbers for video v1, found none$/);
  await refused([whole, null], /2 numbers for video v1, found null$/);
  await refused([whole, 1.5], /2 numbers for video v1, found 1\.5$/);
  await refused([whole, "12"], /2 numbers for video v1, found "12"$/);
  await refused([whole, new DataView(new ArrayBuffer(2))], /2 numbers for video v1, found DataView/);
  await refused([whole, [1, 2, 3]], /2 numbers for video v1, found 3$/);
  const moved = Float64Array.of(1, 2);
  structuredClone(moved.buffer, { transfer: [moved.buffer] });
  await refused([whole, moved], /2 numbers for video v1, found 0$/);
  await refused(
    [whole, new Array(2)],
    /^reward mine: expected a number or null for answer 0 of video v1, found none$/,
  );
  await refused([whole, [1, "2"]], /a number or null for answer 1 of video v1, found "2"$/);
  await refused([whole, [1, true]], /a number or null for answer 1 of video v1, found true$/);
  await refused([whole, BigInt64Array.of(1n, 2n)], /a number or null for answer 0 of video v1, found 1n$/);
});

test("lists of numbers of every kind are rewards", async () => {
  const { total } = await table(["mine", () => [[1, 2], Float32Array.of(3, 4)]]);
  assert.deepEqual(total, [
    [1, 2],
    [3, 4],
  ]);
});

test("numbers whose sum overflows", async () => {
  const large = ["a", "b"].map((name): [string, unknown] => [name, constant(1.5e308)]);
  await assert.rejects(table(...large), {
    code: "E_NUMERIC",
    message: /sum .*Infinity.*answer 0 of video v0/,
  });
});

test("an answer that a reward leaves out counts as nothing in the sum; one that all leave out has none", async () => {
  const { parts, total } = await table(
    [
      "first",
      () => [
        [1, null],
        [null, null],
      ],
    ],
    [
      "second",
      async () => [
        [10, 20],
        [30, null],
      ],
    ],
  );
  assert.deepEqual(parts.get("first"), [
    [1, null],
    [null, null],
  ]);
  assert.deepEqual(total, [
    [11, 20],
    [30, null],
  ]);
});

test("a weight is a factor of the sum and no number of the part", async () => {
  const half: Reward = weighted(constant(4), 0.5);
  const { parts, weights, total } = await table(["half", half], ["whole", constant(1)]);
  assert.deepEqual(
    [parts.get("half")?.[0], total[0]],
    [
      [4, 4],
      [3, 3],
    ],
  );
  assert.deepEqual(
    [...weights],
    [
      ["half", 0.5],
      ["whole", 1],
    ],
  );
  assert.deepEqual((await combineRewards(half, half)(batch))[0], [4, 4]);
  for (const weight of [Number.NaN, Number.POSITIVE_INFINITY, "1"])
    assert.throws(() => weighted(constant(4), weight as number), { code: "E_OPTION", message: /weight/ });
});

test("what is no number and no null is a fault: reward, video and answer are named", async () => {
  for (const [value, code, message] of [
    [Number.NaN, "E_NUMERIC", /^reward mine is NaN for answer 1 of video v1$/],
    [Number.NEGATIVE_INFINITY, "E_NUMERIC", /^reward mine is -Infinity for answer 1 of video v1$/],
    [undefined, "E_OPTION", /^reward mine: expected a number or null for answer 1 of video v1, found none$/],
  ] as const)
    await assert.rejects(
      table([
        "mine",
        () => [
          [1, 2],
          [3, value],
        ],
      ]),
      { code, message },
    );
});

test("a reward that throws is named, with the step and its videos", async () => {
  const fails = (error: unknown) => [
    () => {
      throw error;
    },
    async () => Promise.reject(error),
  ];
  const message =
    /^reward mine threw TypeError: no such thing in step 1, asked about v0, v1; .*changed nothing$/;
  for (const reward of fails(new TypeError("no such thing")))
    await assert.rejects(table(["mine", reward]), {
      code: "E_REWARD",
      message,
      details: { reward: "mine", step: 1, videos: "v0, v1" },
    });
  for (const reward of fails("away"))
    await assert.rejects(table(["mine", reward]), { code: "E_REWARD", message: /threw "away" in step 1/ });
  const own = new EngineError("E_OPTION", "answers to the perturbed copy");
  for (const reward of fails(own)) await assert.rejects(table(["mine", reward]), own);
});

test("what a reward changes in its batch reaches nobody else", async () => {
  const row = { scale: { min: 1, max: 5 }, fields: { category: "sports" } };
  const made = () => {
    const { videos, ...rest } = batchOf([
      { target: 1, texts: ["1", "2"], perturbed: ["3"] },
      { target: 2, texts: ["2", "3"], perturbed: ["3"] },
    ]);
    return { ...rest, videos: videos.map((video) => ({ ...video, ...structuredClone(row) })) };
  };
  const given: RewardBatch = made();
  const spoil: Reward = (own) => {
    const { videos } = own;
    own.step = 99;
    for (const video of videos) {
      Object.assign(video, { target: Number.NaN, id: "other" });
      for (const answer of video.answers) Object.assign(answer, { score: 5, text: "" });
      video.answers.length = 0;
      (video.perturbed ?? []).length = 0;
      Object.assign(video.scale ?? {}, { max: 9 });
      Object.assign(video.fields ?? {}, { category: "none" });
    }
    videos.length = 0;
    return constant(1)();
  };
  const seen: RewardBatch[] = [];
  const look: Reward = (own) => {
    seen.push(own);
    return constant(2)();
  };
  const { total } = await rewardTable(new Map([["spoil", spoil] as const, ["look", look] as const]), given);
  assert.deepEqual(given, made());
  assert.deepEqual(seen, [made()]);
  assert.deepEqual(total, [
    [3, 3],
    [3, 3],
  ]);
});

test("numbers that a reward changes behind its return are those that it returned", async () => {
  const shared = Float64Array.of(1, 2);
  const first = () => [shared, shared];
  const second = () => {
    shared.fill(7);
    return [shared, shared];
  };
  const { parts } = await table(["first", first], ["second", second]);
  assert.deepEqual(parts.get("first"), [
    [1, 2],
    [1, 2],
  ]);
});

test("numbers of the public trainer: each reward, their sum and the advantages", async () => {
  const batch = RECORDED.batch();
  assert.ok(near(flat(rankingReward({ variant: "released" })(batch)), RECORDED.ranking, 1e-6));
  assert.ok(near(flat(regressionReward({ variant: "released" })(batch)), RECORDED.regression, 1e-6));
  assert.deepEqual(flat(formatReward({ variant: "released" })(batch)), [...RECORDED.format]);
  const total = flat(
    await combineRewards(
      rankingReward({ variant: "released" }),
      regressionReward({ variant: "released" }),
      formatReward({ variant: "released" }),
    )(batch),
  );
  assert.ok(near(total, RECORDED.total, 1e-6));
  assert.ok(near(advantages(total, 4), RECORDED.advantages, 5e-6)); // recorded with five decimals
});
