/** Sums, the public trainer's own among them, and rewards of a user that do not keep the contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { advantages } from "../../../lib/grpo/advantage.js";
import { combineRewards, rewardTable } from "../../../lib/rewards/combine.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import type { Reward, RewardBatch } from "../../../lib/rewards/reward.js";
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
