/** Policy losses by name: what crosses the wall for each, and what is refused beside it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { lossOf } from "../../../lib/model/loss.js";
import { POLICY_LOSSES } from "../../../lib/model/policy-losses.js";
import type { StepOptions } from "../../../lib/model/types.js";
import type { PolicyObjective } from "../../../lib/native/binding.js";

const GROUP = {
  prompt: { inputIds: Int32Array.of(1) },
  completions: [Int32Array.of(2, 3, 4), Int32Array.of(5)],
  advantages: [1, -1],
};

function crossing(more: Partial<StepOptions> & Pick<StepOptions, "loss">, groups = [GROUP]) {
  const { loss, weights } = lossOf({ groups, learningRate: 0, ...more });
  assert.ok(loss.kind === "policy");
  return { objective: loss.objective, weights: [...weights] };
}

const picked = (objective: PolicyObjective, ...names: (keyof PolicyObjective)[]) =>
  Object.fromEntries(names.map((name) => [name, objective[name]]));

test("each name has its surrogate, its ratios, its clip and its mean", () => {
  const table: Record<string, [surrogate: string, bySequence: boolean, high: number, weights: number[]]> = {
    grpo: ["clip", false, 0.2, [1 / 6, 1 / 6, 1 / 6, 1 / 2]],
    bnpo: ["clip", false, 0.2, [1 / 4, 1 / 4, 1 / 4, 1 / 4]],
    dr_grpo: ["clip", false, 0.2, [1 / 20, 1 / 20, 1 / 20, 1 / 20]],
    dapo: ["clip", false, 0.28, [1 / 4, 1 / 4, 1 / 4, 1 / 4]],
    cispo: ["cispo", false, 0.2, [1 / 4, 1 / 4, 1 / 4, 1 / 4]],
    sapo: ["sapo", false, 0.2, [1 / 6, 1 / 6, 1 / 6, 1 / 2]],
    luspo: ["clip", true, 4e-4, [1 / 2, 1 / 2, 1 / 2, 1 / 2]],
    vespo: ["vespo", false, 0.2, [1 / 4, 1 / 4, 1 / 4, 1 / 4]],
  };
  assert.deepEqual(Object.keys(table), POLICY_LOSSES);
  for (const name of POLICY_LOSSES) {
    const length = name === "dr_grpo" ? { maxCompletionLength: 10 } : {};
    const { objective, weights } = crossing({ loss: name, ...length });
    const { surrogate, bySequence, clipHigh } = objective;
    assert.deepEqual([surrogate, bySequence, clipHigh, weights], table[name], name);
    assert.deepEqual(picked(objective, "beta", "kl", "klTimesRatio", "entropyWeight", "topEntropy"), {
      beta: 0,
      kl: "k3",
      klTimesRatio: false,
      entropyWeight: 0,
      topEntropy: 1,
    });
    assert.deepEqual([objective.cap, objective.offPolicyMost], [Infinity, Infinity]);
  }
});

test("ratios of sequences bring their own clip, unless one is given", () => {
  const gspo = crossing({ loss: "grpo", ratioLevel: "sequence" }).objective;
  assert.deepEqual(picked(gspo, "clipLow", "clipHigh"), { clipLow: 3e-4, clipHigh: 4e-4 });
  const own = crossing({ loss: "grpo", ratioLevel: "sequence", clipLow: 0.1 }).objective;
  assert.deepEqual(picked(own, "clipLow", "clipHigh"), { clipLow: 0.1, clipHigh: 4e-4 });
  const tokens = crossing({ loss: "luspo", ratioLevel: "token" }).objective;
  assert.deepEqual(picked(tokens, "bySequence", "clipHigh"), { bySequence: false, clipHigh: 0.2 });
});

test("settings beside a name are those of its value", () => {
  const { objective } = crossing({
    loss: "sapo",
    sapoTemperaturePositive: 2,
    sapoTemperatureNegative: 3,
    klEstimator: "k1",
    klBiasCorrection: true,
    beta: 0.5,
    entropyCoef: 0.2,
    topEntropyQuantile: 0.25,
    offPolicyMaskThreshold: -1,
  });
  const value = crossing({
    loss: {
      kind: "policy",
      surrogate: { kind: "sapo", temperaturePositive: 2, temperatureNegative: 3 },
      klEstimator: "k1",
      klBiasCorrection: true,
      beta: 0.5,
      entropyCoef: 0.2,
      topEntropyQuantile: 0.25,
      offPolicyMaskThreshold: -1,
    },
  });
  assert.deepEqual(value.objective, { ...objective, clipLow: 0.2, clipHigh: 0.2 });
  // Four tokens count.
  assert.equal(objective.entropyWeight, 0.05);
});

test("masked completions count in nothing but the number of completions", () => {
  const groups = [{ ...GROUP, masked: [true, false] }];
  const { objective, weights } = crossing({ loss: "grpo", entropyCoef: 1 }, groups);
  assert.deepEqual([weights, objective.entropyWeight], [[0, 0, 0, 1 / 2], 1]);
  assert.deepEqual(crossing({ loss: "dapo" }, groups).weights, [0, 0, 0, 1]);
  const all = [{ ...GROUP, masked: [true, true] }];
  assert.deepEqual(crossing({ loss: "dapo" }, all).weights, [0, 0, 0, 0]);
  const given = [{ ...GROUP, masked: [true, false], weights: [[1, 1, 1], [2]] }];
  assert.deepEqual(crossing({ loss: { kind: "policy" } }, given).weights, [0, 0, 0, 1]);
});

const WRONG: readonly (readonly [option: string, options: unknown])[] = [
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

test("settings of another loss, and ones out of range, are refused by name", () => {
  for (const [option, options] of WRONG) {
    const step = { groups: [GROUP], learningRate: 0, ...(options as object) } as unknown as StepOptions;
    const told = (error: unknown) =>
      error instanceof EngineError &&
      error.code === "E_OPTION" &&
      error.message.startsWith(`option ${option}:`);
    assert.throws(() => lossOf(step), told, option);
  }
});
