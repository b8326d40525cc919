/** Every objective in a trainer: micro-batches change nothing, and a stored state goes on bit for bit. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTrainer, type StepOptions, type TrainerOptions } from "../../lib/index.js";
import { POLICY_LOSSES } from "../../lib/model/policy-losses.js";
import { assertNear } from "../helpers/closeness.js";
import {
  openSmall,
  type SmallModel,
  smallPrompt,
  textIds,
  weightsOf,
  withFolder,
} from "../helpers/small-model.js";
import { assertGradientsNear, measureStep } from "../helpers/trainer-gradients.js";

/** Other matrix products: measured 2e-6 for the gradients. */
const GRADIENT_RELATIVE = 1e-5;
const METRIC_BOUND = 2e-6;

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

const OPTIONS: TrainerOptions = { trainable: ["projector", "language"], reference: true };
/** Ratios from 0.7 to 1.4 on both sides of every clip; the third answer is masked. */
const groups = [
  [4, 4, 1, 6],
  [3, 8],
].map((lengths, g) => ({
  prompt: smallPrompt(10 + g, { frames: 2 - g }),
  completions: lengths.map((length, k) => textIds(10 * g + k, length)),
  advantages: lengths.map((_, k) => 1.5 - k),
  masked: lengths.map((_, k) => g === 0 && k === 2),
}));

async function steps(): Promise<Record<string, Omit<StepOptions, "learningRate">>> {
  const old = await Promise.all(
    groups.map(async ({ prompt, completions }) =>
      (await model.logProbs({ prompt, completions })).map((values, k) =>
        values.map((value, t) => value + 0.35 * Math.sin(1 + 3 * k + 5 * t)),
      ),
    ),
  );
  const given = groups.map((group, g) => ({ ...group, oldLogProbs: old[g] ?? [] }));
  const plain = Object.fromEntries(
    POLICY_LOSSES.map((loss) => [
      loss,
      {
        groups: given,
        loss,
        beta: 0.1,
        klBiasCorrection: true,
        ...(loss === "dr_grpo" ? { maxCompletionLength: 9 } : {}),
      },
    ]),
  );
  return {
    ...plain,
    gspo: { groups: given, loss: "grpo", ratioLevel: "sequence", clipLow: 0.05, clipHigh: 0.05, beta: 0.1 },
    "all terms": {
      groups: given,
      loss: "dapo",
      delta: 1.3,
      beta: 0.1,
      klEstimator: "k2",
      entropyCoef: 0.1,
      topEntropyQuantile: 0.5,
      offPolicyMaskThreshold: 0.01,
    },
  };
}

const NAMES = [...POLICY_LOSSES, "gspo", "all terms"];

describe("objectives", () => {
  for (const name of NAMES) {
    test(`${name}: a micro-batch of all groups, and one of each`, async () => {
      const step = (await steps())[name] as Omit<StepOptions, "learningRate">;
      const whole = await measureStep(model, OPTIONS, step);
      const parts = await measureStep(model, { ...OPTIONS, microTokens: 1 }, step);
      assertGradientsNear(parts.gradients, whole.gradients, GRADIENT_RELATIVE);
      const { seconds: _one, predictions: _none, gradNorm, ...metrics } = whole.metrics;
      assert.ok(gradNorm > 0);
      for (const [key, value] of Object.entries(metrics)) {
        const found = parts.metrics[key as keyof typeof metrics];
        assertNear([found], [value], METRIC_BOUND * Math.max(1, Math.abs(value)), key);
      }
      // The masked answer's one token is in nothing.
      assert.ok(metrics.entropy > 0 && metrics.kl >= 0);
    });
  }

  test("a step whose answers are all masked changes nothing", async () => {
    for (const step of Object.values(await steps())) {
      const masked = step.groups.map((group) => ({ ...group, masked: group.completions.map(() => true) }));
      const { metrics, gradients } = await measureStep(model, OPTIONS, { ...step, groups: masked });
      const { loss, kl, entropy, clipFraction, gradNorm } = metrics;
      assert.deepEqual([loss, kl, entropy, clipFraction, gradNorm], [0, 0, 0, 0, 0]);
      assert.ok(Object.values(gradients).every((values) => values.every((value) => value === 0)));
    }
  });

  test("a state that was stored goes on bit for bit, by each of them", async () => {
    const all = await steps();
    for (const name of NAMES) {
      const step = { ...(all[name] as Omit<StepOptions, "learningRate">), learningRate: 1e-3 };
      await withFolder(async (dir) => {
        const [straight, stopped, resumed] = [await openSmall(), await openSmall(), await openSmall()];
        const wanted = await openTrainer(straight, OPTIONS);
        const first = await openTrainer(stopped, OPTIONS);
        await wanted.step(step);
        await first.step(step);
        await first.save(dir);
        const second = await openTrainer(resumed, OPTIONS);
        await second.load(dir);
        const [expected, found] = [await wanted.step(step), await second.step(step)];
        assert.deepEqual({ ...found, seconds: 0 }, { ...expected, seconds: 0 }, name);
        assert.deepEqual(await weightsOf(resumed), await weightsOf(straight), name);
        for (const one of [wanted, first, second, straight, stopped, resumed]) one.dispose();
      });
    }
  });
});
