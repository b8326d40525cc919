/** The format reward as the public trainer gives it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatReward } from "../../../lib/rewards/format.js";
import { batchOf, flat } from "../../helpers/reward-batch.js";

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
  const rewards = formatReward({ variant: "released" })(
    batchOf([{ target: 3, texts: cases.map(([text]) => text) }]),
  );
  assert.deepEqual(
    flat(rewards),
    cases.map(([, expected]) => expected),
  );
});
