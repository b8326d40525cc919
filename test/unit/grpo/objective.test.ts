/** The keys of a run's objective: what they are where nobody says, and what is refused before a model is opened. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newlyRuled } from "../../../lib/core/rules.js";
import { grpoMethod } from "../../../lib/grpo/method.js";
import { lossSettings } from "../../../lib/grpo/objective.js";
import { lossOf } from "../../../lib/model/loss.js";
import { POLICY_LOSSES } from "../../../lib/model/policy-losses.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";

const parsed = (keys: Partial<TrainConfigInput>) => parseConfig({ out: "x", ...keys });

test("without a word the objective is the paper's", () => {
  const { loss, ratioLevel, beta, clipLow, clipHigh, klBiasCorrection, iterations } = parsed({});
  assert.deepEqual(
    { loss, ratioLevel, beta, clipLow, clipHigh, klBiasCorrection, iterations },
    {
      loss: "grpo",
      ratioLevel: "token",
      beta: 0.04,
      clipLow: 0.2,
      clipHigh: 0.2,
      klBiasCorrection: false,
      iterations: 1,
    },
  );
});

test("each loss brings its own defaults, and only those with a KL term open a reference", () => {
  const table = {
    grpo: [0.04, 0.2, 0.2],
    bnpo: [0.04, 0.2, 0.2],
    dr_grpo: [0, 0.2, 0.2],
    dapo: [0, 0.2, 0.28],
    cispo: [0, undefined, undefined],
    sapo: [0, undefined, undefined],
    luspo: [0, 3e-4, 4e-4],
    vespo: [0, undefined, undefined],
  };
  for (const loss of POLICY_LOSSES) {
    const config = parsed({ loss });
    assert.deepEqual([config.beta, config.clipLow, config.clipHigh], table[loss], loss);
    assert.equal(grpoMethod(newlyRuled(config)).reference, config.beta > 0, loss);
    assert.equal(grpoMethod(newlyRuled(parsed({ loss, beta: 0.1 }))).reference, true, loss);
    // What is stored is read as it was.
    assert.deepEqual(parseConfig(JSON.parse(JSON.stringify(config))), JSON.parse(JSON.stringify(config)));
  }
  assert.equal(parsed({ loss: "grpo", ratioLevel: "sequence" }).clipHigh, 4e-4);
  assert.equal(parsed({ loss: "dapo", clipHigh: 0.3, beta: 0.01 }).clipHigh, 0.3);
});

test("a step's loss is the configured one, divided by the most tokens where it is dr_grpo's", () => {
  const completions = [Int32Array.of(1, 2), Int32Array.of(3)];
  const groups = [{ prompt: { inputIds: Int32Array.of(1) }, completions, advantages: [1, -1] }];
  for (const loss of POLICY_LOSSES) {
    const config = parsed({ loss, maxNewTokens: 7, beta: 0.3, klEstimator: "k2", entropyCoef: 0.5 });
    const crossing = lossOf({ groups, learningRate: 0, ...lossSettings(config) });
    assert.ok(crossing.loss.kind === "policy");
    const { beta, kl, entropyWeight } = crossing.loss.objective;
    assert.deepEqual([beta, kl, entropyWeight], [0.3, "k2", 0.5 / 3], loss);
    if (loss === "dr_grpo") assert.deepEqual([...crossing.weights], new Array(3).fill(1 / 14));
  }
});

test("settings that do not go together are refused before anything is opened", () => {
  const refused = (keys: Partial<TrainConfigInput>, message: RegExp) =>
    assert.throws(() => grpoMethod(newlyRuled(parsed(keys))), { code: "E_OPTION", message });
  refused(
    { loss: "cispo", clipLow: 0.2 },
    /^option clipLow: expected nothing beside loss "cispo", found 0\.2/,
  );
  refused({ loss: "grpo", cispoBound: 3 }, /^option cispoBound: expected nothing beside loss "grpo"/);
  refused({ loss: "vespo", delta: 3 }, /^option delta: expected nothing beside loss "vespo"/);
  const both = { aggregation: "normalize_then_sum", advantage: "none" } as const;
  refused(both, /^option advantage: expected "released" with aggregation "normalize_then_sum", found "none"/);
  assert.throws(() => parsed({ loss: "gspo" as never }), { code: "E_OPTION", message: /option loss/ });
  assert.throws(() => parsed({ topEntropyQuantile: 0 }), { code: "E_OPTION" });
  assert.throws(() => parsed({ iterations: 0 }), { code: "E_OPTION" });
});
