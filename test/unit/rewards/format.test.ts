/** The format reward as the paper names it and as the public trainer gives it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatReward } from "../../../lib/rewards/format.js";
import { rankingReward } from "../../../lib/rewards/ranking.js";
import { regressionReward } from "../../../lib/rewards/regression.js";
import type { Variant } from "../../../lib/rewards/reward.js";
import { temporalReward } from "../../../lib/rewards/temporal.js";
import { batchOf, flat } from "../../helpers/reward-batch.js";

const earned = (variant: Variant, texts: string[]) =>
  flat(formatReward({ variant })(batchOf([{ target: 3, texts }])));

test("paper: one block of each and nothing else", () => {
  const good = "<think>a</think><answer>3</answer>";
  assert.deepEqual(
    earned("paper", [
      good,
      "<think>a\nb</think> \n <answer>\n3</answer>",
      "<think></think><answer></answer>",
    ]),
    [1, 1, 1],
  );
  const texts = [
    `${good}<answer>4</answer>`,
    `${good}\n${good}`,
    `<think>b</think>${good}`,
    "<think>a</think></think><answer>3</answer>",
    "<think>a<think>b</think><answer>3</answer>",
    "<think>a <answer>4</answer></think><answer>3</answer>",
    "<think>a</think><answer>3</answer> tail </answer>",
    "<think>a</think><answer><think>b</think>3</answer>",
    ` ${good}`,
    `${good}\n`,
    "<think>a</think> so <answer>3</answer>",
    "<answer>3</answer><think>a</think>",
    "",
  ];
  assert.deepEqual(
    earned("paper", texts),
    texts.map(() => 0),
  );
});

test("released: nothing before, between or after; odd insides pass", () => {
  const cases: [string, number][] = [
    [" <think>a</think><answer>3</answer>", 0],
    ["<think>a</think><answer>3</answer>\n", 0],
    ["<think>a</think> so <answer>3</answer>", 0],
    ["<think>a</think><answer>3</answer> tail </answer>", 1],
    ["<think>a</think></think><answer>3</answer>", 1],
    ["<think></think><answer></answer>", 1],
    ["<think>a\nb</think> \n <answer>\n3</answer>", 1],
  ];
  const texts = cases.map(([text]) => text);
  assert.deepEqual(
    earned("released", texts),
    cases.map(([, expected]) => expected),
  );
});

test("options that are left out are refused by name", () => {
  for (const make of [formatReward, regressionReward, rankingReward, temporalReward])
    for (const wrong of [undefined, null, {}, 3])
      assert.throws(() => make(wrong as never), {
        code: "E_OPTION",
        message: /option variant: expected one of/,
      });
});
