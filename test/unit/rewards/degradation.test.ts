/** Q-Insight's degradation reward, by hand: 0.25 for the class, 0.75 more for the severity beside it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { degradationReward } from "../../../lib/rewards/degradation.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";

function asked(fields: Readonly<Record<string, string>> | undefined, ...answers: string[]): RewardBatch {
  const made = answers.map((answer) => ({ text: `<think>a</think><answer>${answer}</answer>`, score: null }));
  return { step: 1, seed: 1, videos: [{ id: "v", target: 1, fields, answers: made }] };
}
const blur = { distortion_class: "blur", severity: "slight" };

test("class, and severity where the class is right", () => {
  const batch = asked(
    blur,
    '{"distortion_class": "blur", "severity": "slight"}',
    '{"distortion_class": " blur ", "severity": "serious"}',
    '{"distortion_class": "noise", "severity": "slight"}',
    '\n{ "severity": "slight", "distortion_class": "blur" }\n',
    '{"distortion_class": "Blur", "severity": "slight"}',
  );
  assert.deepEqual(degradationReward()(batch), [[1, 0.25, 0, 1, 0]]);
  const other = degradationReward({ classReward: 0.5, severityReward: 2 })(batch);
  assert.deepEqual(other, [[2.5, 0.5, 0, 2.5, 0]]);
});

test("none is a class too, as a text or as JSON's null; a number is its text", () => {
  const none = { distortion_class: "null", severity: "null" };
  const answers = [
    '{"distortion_class": null, "severity": null}',
    '{"distortion_class": "null", "severity": "null"}',
  ];
  assert.deepEqual(degradationReward()(asked(none, ...answers)), [[1, 1]]);
  const numbered = { kind: "jpeg", level: "3" };
  const keys = { classKey: "kind", severityKey: "level" };
  assert.deepEqual(degradationReward(keys)(asked(numbered, '{"kind": "jpeg", "level": 3}')), [[1]]);
});

test("what is no flat object with both names earns nothing or is left out; a row without a class is left out whole", () => {
  const broken = [
    "3.25",
    '{"distortion_class": "blur"}',
    '{"distortion_class": "blur", "severity": {"is": "slight"}}',
    '{"distortion_class": "blur", "severity": "slight"',
    '[{"distortion_class": "blur", "severity": "slight"}]',
  ];
  assert.deepEqual(degradationReward()(asked(blur, ...broken)), [[0, 0, 0, 0, 0]]);
  const dropped = degradationReward({ unparsed: "drop" })(asked(blur, ...broken));
  assert.deepEqual(dropped, [[null, null, null, null, null]]);
  const right = '{"distortion_class": "blur", "severity": "slight"}';
  for (const fields of [undefined, { category: "sports" }])
    assert.deepEqual(degradationReward()(asked(fields, right)), [[null]]);
  assert.throws(() => degradationReward({ unparsed: "random" as never }), { code: "E_OPTION" });
});
