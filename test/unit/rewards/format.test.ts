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

test("an answer block alone, for a model that is not asked to think", () => {
  const texts = [
    "<answer>3</answer>",
    "<answer></answer>",
    "<answer>3</answer><answer>4</answer>",
    "<answer>3</answer> ",
    "<think>a</think><answer>3</answer>",
    "<answer><think>a</think>3</answer>",
    "3",
  ];
  const form = "answer" as const;
  const earned = (variant: Variant) => flat(formatReward({ variant, form })(batchOf([{ target: 3, texts }])));
  assert.deepEqual(earned("paper"), [1, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(earned("released"), [1, 1, 1, 0, 0, 1, 0]);
});

test("Q-Insight's form: tags on lines of their own and a flat object", () => {
  const good = '<think>\na\n</think>\n<answer>\n{"rating": 3.2}\n</answer>';
  const cases: [string, number][] = [
    [good, 1],
    [`${good}\n`, 1],
    ["<think> \na\nb\n  </think>\n<answer> \n{}\n</answer>", 1],
    [good.replace("</think>\n", "</think>"), 0],
    [good.replace("<think>\n", "<think>"), 0],
    [good.replace("<answer>\n", "<answer>"), 0],
    [good.replace("}\n", "}"), 0],
    [good.replace("3.2}", '{"is": 3.2}}'), 0],
    [good.replace('{"rating": 3.2}', "3.2"), 0],
    [` ${good}`, 0],
    [`${good} so`, 0],
  ];
  const texts = cases.map(([text]) => text);
  for (const variant of ["paper", "released"] as const)
    assert.deepEqual(
      flat(formatReward({ variant, form: "json" })(batchOf([{ target: 3, texts }]))),
      cases.map(([, expected]) => expected),
    );
  assert.throws(() => formatReward({ variant: "paper", form: "xml" as never }), { code: "E_OPTION" });
});

test("a text of line feeds alone is judged at once", () => {
  // Tried in every way, these would take hours.
  const feeds = "\n".repeat(30_000);
  const texts = [
    `<think>${feeds}`,
    `<think>\na\n</think>\n<answer>\n{}${feeds}`,
    `<think>${feeds}a${feeds}</think>\n`,
  ];
  for (const form of ["json", "think", "answer"] as const)
    for (const variant of ["paper", "released"] as const)
      assert.deepEqual(flat(formatReward({ variant, form })(batchOf([{ target: 3, texts }]))), [0, 0, 0]);
});

test("options that are left out are refused by name", () => {
  for (const make of [formatReward, regressionReward, rankingReward, temporalReward])
    for (const wrong of [undefined, null, {}, 3])
      assert.throws(() => make(wrong as never), {
        code: "E_OPTION",
        message: /option variant: expected one of/,
      });
});
