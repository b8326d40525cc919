/** VQ-Insight's score reward, by hand: 1 - min(1, |s - g| / g) on 0 to 100, and the mean of it over several scores. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relativeReward } from "../../../lib/rewards/relative.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";
import { near, scored } from "../../helpers/reward-batch.js";

test("the same miss costs more where the target is low", () => {
  const [high, low] = relativeReward()(
    scored([
      { target: 80, scores: [80, 70, 90, 0, 200] },
      { target: 20, scores: [20, 10, 30, 40, 50] },
    ]),
  );
  // 10 / 80 = 0.125; 80 / 80 = 1; 120 / 80 > 1. 10 / 20 = 0.5; 20 / 20 = 1; 30 / 20 > 1.
  assert.ok(near(high ?? [], [1, 0.875, 0.875, 0, 0], 1e-12));
  assert.ok(near(low ?? [], [1, 0.5, 0.5, 0, 0], 1e-12));
});

test("a target of 0 and one below it", () => {
  const [zero, below] = relativeReward()(
    scored([
      { target: 0, scores: [0, 0.1] },
      { target: -2, scores: [-2, -1] },
    ]),
  );
  assert.deepEqual(
    [zero, below],
    [
      [1, 0],
      [1, 0.5],
    ],
  );
});

test("without a score: nothing, or left out", () => {
  const batch = scored([{ target: 50, scores: [null, 50] }]);
  assert.deepEqual(relativeReward()(batch), [[0, 1]]);
  assert.deepEqual(relativeReward({ unparsed: "drop" })(batch), [[null, 1]]);
});

function several(fields: Readonly<Record<string, string | number>>, ...answers: string[]): RewardBatch {
  const made = answers.map((answer) => ({ text: `<think>a</think><answer>${answer}</answer>`, score: null }));
  return { step: 1, seed: 1, videos: [{ id: "v", target: 1, fields, answers: made }] };
}

test("several scores of a flat JSON answer: the mean over them", () => {
  const keys = ["spatial", "temporal", "consistency"];
  const labels = { spatial: 40, temporal: "50", consistency: 60, category: "sports" };
  const batch = several(
    labels,
    '{"spatial": 40, "temporal": 50, "consistency": 60}',
    ' {"spatial": 30, "temporal": "60", "consistency": 90} ',
    '{"spatial": 30, "temporal": 60}',
    '{"spatial": 30, "temporal": 60, "consistency": [90]}',
    "3.25",
  );
  // 10 / 40, 10 / 50, 30 / 60: (0.75 + 0.8 + 0.5) / 3.
  assert.ok(near(relativeReward({ keys })(batch)[0] ?? [], [1, 2.05 / 3, 0, 0, 0], 1e-12));
  const dropped = relativeReward({ keys, unparsed: "drop" })(batch)[0] ?? [];
  assert.ok(near(dropped, [1, 2.05 / 3, null, null, null], 1e-12));
});

test("a video without a label for each of them is left out; options that do not fit are refused", () => {
  const keys = ["spatial"];
  for (const fields of [{}, { spatial: "good" }])
    assert.deepEqual(relativeReward({ keys })(several(fields, '{"spatial": 3}')), [[null]]);
  const refused = (options: object, message: RegExp) =>
    assert.throws(() => relativeReward(options), { code: "E_OPTION", message });
  refused({ keys: [] }, /keys: expected at least one name/);
  refused({ keys, unparsed: "random" }, /unparsed: expected "zero" or "drop" with keys/);
});
