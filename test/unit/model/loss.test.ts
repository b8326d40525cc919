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
];

test("what does not fit is refused by name, whichever loss it stands beside", () => {
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
