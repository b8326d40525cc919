/** The comparison reward of Q-Insight and VQ-Insight, by hand: 1 for the list's choice to the letter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonReward } from "../../../lib/rewards/comparison.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";

function asked(fields: Readonly<Record<string, string>> | undefined, ...texts: string[]): RewardBatch {
  const answers = texts.map((text) => ({ text, score: null }));
  return { step: 1, seed: 1, videos: [{ id: "v", target: 1, fields, answers }] };
}

test("the answer block is the choice", () => {
  const texts = [
    "<answer>Image A</answer>",
    "<answer>\nImage A </answer>",
    "<answer>image a</answer>",
    "Image A",
  ];
  const batch = asked({ comparison: "Image A " }, ...texts);
  assert.deepEqual(comparisonReward()(batch), [[1, 1, 0, 0]]);
  assert.deepEqual(comparisonReward({ unparsed: "drop" })(batch), [[1, 1, 0, null]]);
});

test("or a value of its flat JSON", () => {
  const texts = [
    '<answer>{"better": "B"}</answer>',
    '<answer>{"better": "A"}</answer>',
    "<answer>B</answer>",
  ];
  assert.deepEqual(comparisonReward({ field: "winner", key: "better" })(asked({ winner: "B" }, ...texts)), [
    [1, 0, 0],
  ]);
});

test("a row without a choice is left out", () => {
  assert.deepEqual(comparisonReward()(asked(undefined, "<answer>A</answer>")), [[null]]);
});
