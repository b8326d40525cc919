/** Training steps of the tiny model on the stand-in device against the CPU, and a trainer's state on its way through a file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  openTrainer,
  type ScoringModel,
  type StepMetrics,
  type StepOptions,
  type TrainerOptions,
} from "../../../lib/index.js";
import { TRAINER_FILE } from "../../../lib/model/trainer.js";
import type { DType } from "../../../lib/native/binding.js";
import { readTensors } from "../../helpers/safetensors.js";
import { withFolder } from "../../helpers/small-model.js";
import { assertGradientsNear, measureStep } from "../../helpers/trainer-gradients.js";
import { clean, closePair, groups, openPair, type Pair } from "./pairs.js";
import { missing } from "./stand-in.js";

/** Of the loss. */
const FLOAT_BOUND = 1e-6;
/**
 * Of the gradient norm, as against TRL: which instructions the CPU's products are made with moves it by itself. Measured by
 * AVX2, AVX-512 and AMX 1.7e-6, in drawn cases 3.1e-6.
 */
const NORM_TIMES = 5;
const NARROW_BOUND = 0.01;
const GRADIENT_RELATIVE = 1e-5;
const POLICY: TrainerOptions = { trainable: ["projector", "language", "motionProjector"], reference: true };
const SUPERVISED: TrainerOptions = { trainable: ["vision", "projector", "language", "motionProjector"] };
const POOLED: TrainerOptions = {
  trainable: ["vision", "projector", "motionProjector", "motion"],
  regressionOutputs: 2,
  regressionStream: "r",
};
/**
 * AdamW's first step moves a weight whose gradient is rounding alone as far as any other, in a direction of chance: at
 * 1e-3 that shows in the second step's norm as 9e-6 of it.
 */
const RATE = { learningRate: 1e-5, maxGradNorm: 1 };

/** Advantages that do not cancel: the loss of the first step would be 0. */
const policyStep = (model: ScoringModel): StepOptions => ({
  groups: groups(model).map((group) => ({ ...group, advantages: [1, -0.5, 0.25] })),
  loss: "grpo",
  beta: 0.04,
  ...RATE,
});
const entropyStep = (model: ScoringModel): StepOptions => ({
  ...policyStep(model),
  loss: "grpo",
  ratioLevel: "sequence",
  klBiasCorrection: true,
  entropyCoef: 0.1,
  topEntropyQuantile: 0.5,
});
const supervisedStep = (model: ScoringModel): StepOptions => ({
  groups: groups(model),
  loss: "sft",
  ...RATE,
});
const pooledStep = (model: ScoringModel): StepOptions => ({
  groups: groups(model).map((group, g) => ({ ...group, completions: [], targets: [0.7, 0.2 + g] })),
  loss: "regression",
  ...RATE,
});

async function withPair<T>(dtype: DType, use: (pair: Pair) => Promise<T>, dir?: string): Promise<T> {
  const pair = await openPair(dtype, dir);
  try {
    return await use(pair);
  } finally {
    closePair(pair);
  }
}

async function steps(
  model: ScoringModel,
  options: TrainerOptions,
  step: StepOptions,
  count: number,
): Promise<StepMetrics[]> {
  const trainer = await openTrainer(model, options);
  try {
    const all: StepMetrics[] = [];
    for (let i = 0; i < count; i++) all.push(await trainer.step(step));
    return all;
  } finally {
    trainer.dispose();
  }
}

function assertClose(found: StepMetrics, expected: StepMetrics, bound: number, what: string): void {
  for (const name of ["loss", "gradNorm"] as const) {
    const [ours, theirs] = [found[name], expected[name]];
    const most = name === "gradNorm" && bound === FLOAT_BOUND ? NORM_TIMES * bound : bound;
    assert.ok(Math.abs(ours - theirs) <= most * Math.abs(theirs), `${what}, ${name}: ${ours}, CPU ${theirs}`);
  }
}

describe("training on the stand-in device", { skip: missing ?? false }, () => {
  const cases: [string, number, TrainerOptions, (model: ScoringModel) => StepOptions][] = [
    ["GRPO with reference", 2, POLICY, policyStep],
    ["GRPO with ratios of sequences and entropies", 1, POLICY, entropyStep],
    ["the same in micro-batches", 1, { ...POLICY, microTokens: 1 }, entropyStep],
    ["SFT", 1, SUPERVISED, supervisedStep],
    ["regression", 1, POOLED, pooledStep],
  ];
  for (const [name, count, options, step] of cases) {
    test(`float32: ${count} of ${name}, and gradients`, async () => {
      await withPair("float32", async ({ cpu, cuda }) => {
        const { learningRate: _rate, ...still } = step(cpu);
        const expected = await measureStep(cpu, options, still);
        const found = await clean(() => measureStep(cuda, options, still));
        assertGradientsNear(found.gradients, expected.gradients, GRADIENT_RELATIVE);
        const wanted = await steps(cpu, options, step(cpu), count);
        const both = await clean(() => steps(cuda, options, step(cpu), count));
        // The first step changed far more than the second is held to.
        const change = Math.abs((wanted.at(-1)?.gradNorm ?? 0) / (wanted[0]?.gradNorm ?? 0) - 1);
        assert.ok(count === 1 || change > 100 * FLOAT_BOUND, `${change}`);
        for (const [i, one] of both.entries())
          assertClose(one, wanted[i] as StepMetrics, FLOAT_BOUND, `step ${i + 1}`);
      });
    });
  }

  test("bfloat16: the first step of GRPO with reference", async () => {
    await withPair("bfloat16", async ({ cpu, cuda }) => {
      const [wanted] = await steps(cpu, POLICY, policyStep(cpu), 1);
      const [found] = await clean(() => steps(cuda, POLICY, policyStep(cpu), 1));
      assertClose(found as StepMetrics, wanted as StepMetrics, NARROW_BOUND, "step 1");
    });
  });

  test("a trainer's state is saved and gone on from, bit for bit", async () => {
    await withPair("float32", async ({ cpu, cuda }) => {
      const step = policyStep(cpu);
      const options = { ...POLICY, reference: false };
      const plain = { ...step, beta: 0 };
      await withFolder(async (dir) => {
        const first = await openTrainer(cuda, options);
        await clean(() => first.step(plain));
        await clean(() => first.save(dir));
        const saved = await readTensors(join(dir, TRAINER_FILE));
        const wanted = await first.step(plain);
        first.dispose();
        const second = await openTrainer(cuda, options);
        await clean(() => second.load(dir));
        const found = await second.step(plain);
        assert.deepEqual({ ...found, seconds: 0 }, { ...wanted, seconds: 0 });
        await second.load(dir);
        await second.save(dir);
        assert.deepEqual(
          Object.fromEntries(await readTensors(join(dir, TRAINER_FILE))),
          Object.fromEntries(saved),
        );
        second.dispose();
      });
    });
  });
});
