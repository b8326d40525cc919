/** What the dry check says of rewards, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnRewards, dryCheck, inertRewards } from "../../../lib/grpo/dry-check.js";
import { rewardSchema } from "../../../lib/grpo/rewards.js";
import { rewardTable } from "../../../lib/rewards/combine.js";
import type { Reward } from "../../../lib/rewards/reward.js";
import { scored } from "../../helpers/reward-batch.js";

const batch = scored([
  { target: 3, scores: [3, 4] },
  { target: 1, scores: [1, 2] },
]);
const checked = async (
  rewards: Record<string, Reward>,
  inert = new Map<string, string>(),
  drawn: string[] = [],
  unparsed = 0,
) => dryCheck(await rewardTable(new Map(Object.entries(rewards)), batch), inert, drawn, unparsed);

test("the share of videos whose answers a reward tells apart, and of answers that it leaves out", async () => {
  const { rewards, message } = await checked({
    apart: () => [
      [1, 2],
      [3, 4],
    ],
    half: () => [
      [1, 1],
      [1, 2],
    ],
    same: () => [
      [1, 1],
      [2, 2],
    ],
    lonely: () => [
      [1, null],
      [null, null],
    ],
  });
  assert.deepEqual(rewards, {
    apart: { teaches: 1, leftOut: 0 },
    half: { teaches: 0.5, leftOut: 0 },
    same: { teaches: 0, leftOut: 0 },
    lonely: { teaches: 0, leftOut: 0.75 },
  });
  assert.equal(
    message,
    "dry check, 2 videos with 2 answers each: videos whose answers a reward tells apart: apart 100 %, half 50 %, same 0 %, " +
      "lonely 0 % (75 % of answers left out); same teaches nothing on these answers; lonely teaches nothing on these answers",
  );
});

test("rewards that cannot teach by their form are named with the reason", async () => {
  const inert = (...rewards: object[]) => [
    ...inertRewards(rewards.map((one) => rewardSchema.parse(one))).keys(),
  ];
  assert.deepEqual(inert({ name: "temporal" }), ["temporal"]);
  assert.deepEqual(
    inert({ name: "temporal", variant: "released" }, { name: "temporal", gate: "answer" }),
    [],
  );
  assert.deepEqual(inert({ name: "temporal", variant: "released", gate: "video" }), ["temporal"]);
  assert.deepEqual(inert({ name: "format", weight: 0 }, { name: "ranking" }), ["format"]);
  const reasons = inertRewards([rewardSchema.parse({ name: "temporal" })]);
  const { message } = await checked(
    {
      temporal: () => [
        [1, 1],
        [0, 0],
      ],
    },
    reasons,
  );
  assert.match(
    message,
    /temporal 0 %; temporal teaches nothing: by gate "video" all answers to a video earn the same$/,
  );
});

test("what is drawn for answers without a score is told apart from what they say", async () => {
  const dice: Reward = ({ videos }) => videos.map(({ answers }) => answers.map((_, k) => k));
  const rewards = rewardSchema
    .array()
    .parse([
      { name: "ranking", variant: "released" },
      { name: "regression", variant: "paper" },
      { name: "format" },
    ]);
  assert.deepEqual(drawnRewards(rewards), ["ranking"]);
  const all = await checked({ dice }, new Map(), ["ranking"], 1);
  assert.match(
    all.message,
    /100 % of answers hold no score: for them ranking draw one, so that they tell nothing/,
  );
  assert.ok(!(await checked({ dice }, new Map(), ["ranking"], 0)).message.includes("hold no score"));
});
