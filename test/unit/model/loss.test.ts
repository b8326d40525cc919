/** A step's loss as a user writes it: what of it is refused, by name, before anything native is asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { lossOf } from "../../../lib/model/loss.js";
import type { StepOptions } from "../../../lib/model/types.js";

const GROUP = {
  prompt: { inputIds: Int32Array.of(1) },
  completions: [Int32Array.of(2, 3), Int32Array.of(4)],
  advantages: [1, -1],
};

const WRONG: readonly (readonly [option: string, options: unknown])[] = [
  ["loss.weighting", { loss: { kind: "policy", weighting: "tokenMean" } }],
  ["loss.weighting", { loss: { kind: "policy", weighting: () => [1] } }],
  ["loss.weighting", { loss: { kind: "likelihood", weighting: () => [1, Number.NaN, 1] } }],
  ["groups[0].oldLogProbs[0]", { loss: "sft", groups: [{ ...GROUP, oldLogProbs: [[0], [0]] }] }],
  ["groups[0].weights[1]", { loss: "regression", groups: [{ ...GROUP, weights: [[1, 1], []] }] }],
  ["groups[].weights", { loss: "sft", groups: [{ ...GROUP, weights: [[0, 0], [0]] }] }],
  ["loss", { loss: "gspo" }],
  ["delta", { loss: "cispo", delta: 2 }],
  ["cispoBound", { loss: "grpo", cispoBound: 2 }],
  ["cispoBound", { loss: "cispo", cispoBound: 0 }],
  ["clipLow", { loss: "sapo", clipLow: 0.2 }],
  ["clipLow", { loss: "grpo", clipLow: 2 }],
  ["vespoKPositive", { loss: "sapo", vespoKPositive: 1 }],
  ["maxCompletionLength", { loss: "dr_grpo" }],
  ["maxCompletionLength", { loss: "grpo", maxCompletionLength: 5 }],
  ["beta", { loss: "sft", beta: 0.1 }],
  ["entropyCoef", { loss: { kind: "policy" }, entropyCoef: 0.1 }],
  ["loss.entropyCoef", { loss: { kind: "policy", entropyCoef: -1 } }],
  ["loss.surrogate.kind", { loss: { kind: "policy", surrogate: { kind: "tokenClip" } } }],
  ["ratioLevel", { loss: "grpo", ratioLevel: "row" }],
  ["klEstimator", { loss: "grpo", klEstimator: "k4" }],
  ["klBiasCorrection", { loss: "grpo", klBiasCorrection: 1 }],
  ["topEntropyQuantile", { loss: "grpo", topEntropyQuantile: 0 }],
  ["offPolicyMaskThreshold", { loss: "grpo", offPolicyMaskThreshold: Number.NaN }],
  ["groups[0].masked", { loss: "grpo", groups: [{ ...GROUP, masked: [true] }] }],
];

test("what does not fit, is of another loss or out of range is refused by name", () => {
  for (const [option, options] of WRONG) {
    const step = { groups: [GROUP], learningRate: 0, ...(options as object) } as unknown as StepOptions;
    const told = (error: unknown) =>
      error instanceof EngineError &&
      error.code === "E_OPTION" &&
      error.message.startsWith(`option ${option}:`);
    assert.throws(() => lossOf(step), told, option);
  }
});

test("a weighting of one's own may give any list of numbers", () => {
  const loss = { kind: "policy", weighting: () => [0.5, 0.25, 1] as never } as const;
  assert.deepEqual([...lossOf({ groups: [GROUP], learningRate: 0, loss }).weights], [0.5, 0.25, 1]);
});

test("a setting that nothing reads is refused by name, with the nearest that is read", () => {
  for (const [options, message] of [
    [{ loss: "dapo", clipHgih: 0.9 }, /option clipHgih: .*did you mean clipHigh\?/],
    [{ loss: { kind: "policy", betta: 0.04 } }, /option betta: .*did you mean beta\?/],
    [{ loss: { kind: "policy", surrogate: { kind: "sapo", low: 0.1 } } }, /option low: /],
    [{ loss: { kind: "regression", weighting: () => [] } }, /option weighting: /],
  ] as const)
    assert.throws(
      () => lossOf({ groups: [GROUP], learningRate: 1, ...(options as object) } as unknown as StepOptions),
      { code: "E_OPTION", message },
    );
});
