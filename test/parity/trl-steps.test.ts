/** Ten updates of a small model by TRL's trainer and by the equations written out, against ours; recipe: recipes/trl_steps.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTrainer } from "../../lib/index.js";
import { assertNear, norm } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { readTensors, type Tensor } from "../helpers/safetensors.js";
import { openSmall, weightsOf } from "../helpers/small-model.js";

interface Facts {
  readonly groups: number;
  readonly samples: number;
  readonly settings: { readonly learningRate: number; readonly maxGradNorm: number };
  readonly optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly losses: Readonly<Record<"dapo" | "grpo", Loss>>;
}

interface Loss {
  readonly clipHigh: number;
  readonly beta: number;
  readonly steps: readonly Readonly<Record<Measured, number>>[];
}

type Measured = "loss" | "gradNorm" | "learningRate" | "entropy" | "clipFraction";

/** Of every step's numbers, which TRL has in float32: measured 4e-7, and of the norm 6e-7 of it. */
const METRIC_BOUND = 1e-6;
const NORM_RELATIVE = 5e-6;
/** Of the way that all weights went in ten steps: measured 7e-6; TRL and the written equations are 4e-6 apart. */
const WAY = 1e-4;

function wayOf(after: ReadonlyMap<string, Tensor>, before: ReadonlyMap<string, Tensor>): Float64Array {
  const names = [...before.keys()].sort();
  assert.deepEqual([...after.keys()].sort(), names);
  return Float64Array.from(
    names.flatMap((name) => {
      const from = before.get(name)?.data as Float32Array;
      return Array.from(after.get(name)?.data as Float32Array, (value, i) => value - (from[i] ?? Number.NaN));
    }),
  );
}

for (const name of ["dapo", "grpo"] as const) {
  test(`ten updates of ${name}`, async () => {
    const recorded = await readRecorded<Facts>("trl/steps");
    const { groups, samples, settings, optimizer, losses } = recorded.facts;
    const { clipHigh, beta, steps } = losses[name];
    const model = await openSmall();
    const before = await weightsOf(model);
    const reference = beta > 0;
    const trainable = ["vision", "projector", "language"] as const;
    const trainer = await openTrainer(model, { trainable, optimizer, reference });
    try {
      assert.equal(steps.length, 10);
      for (const [step, { learningRate, gradNorm, ...expected }] of steps.entries()) {
        const advantages = recorded.floats(`${step}/advantages`);
        const given = Array.from({ length: groups }, (_, g) => {
          const each = Array.from({ length: samples }, (_, k) => k);
          return {
            prompt: recordedPrompt(recorded, `${g}/`),
            completions: each.map((k) => recorded.ints(`${step}/${g}/${k}/tokens`)),
            advantages: advantages.subarray(g * samples, (g + 1) * samples),
            ...(step === 0
              ? {}
              : { oldLogProbs: each.map((k) => recorded.floats(`${name}/${step}/${g}/${k}/old`)) }),
          };
        });
        const found = await trainer.step({
          groups: given,
          loss: name,
          clipHigh,
          beta,
          klBiasCorrection: true,
          learningRate,
          maxGradNorm: settings.maxGradNorm,
        });
        for (const [measured, value] of Object.entries(expected))
          assertNear(
            [found[measured as Measured & keyof typeof found]],
            [value],
            METRIC_BOUND,
            `step ${step}: ${measured}`,
          );
        assertNear([found.gradNorm / gradNorm], [1], NORM_RELATIVE, `step ${step}: gradNorm`);
      }
      const ours = wayOf(await weightsOf(model), before);
      const theirs = wayOf(await readTensors(goldenPath(`trl/steps-after-${name}.safetensors`)), before);
      const apart = norm(ours.map((value, i) => value - (theirs[i] ?? Number.NaN)));
      assert.ok(norm(theirs) > 0.01, `${norm(theirs)}`);
      assert.ok(apart <= WAY * norm(theirs), `${apart} of ${norm(theirs)}`);
    } finally {
      trainer.dispose();
      model.dispose();
    }
  });
}
