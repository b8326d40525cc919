/** A group with a shared prompt is K separate sequences; how a batch is cut, ordered or kept in memory changes nothing. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import {
  loadModel,
  openTrainer,
  type StepOptions,
  type TrainablePart,
  type TrainGroup,
} from "../../lib/index.js";
import { gradients } from "../../lib/parity.js";
import { assertNear } from "../helpers/closeness.js";
import { extended, type SmallModel, smallPrompt, textIds } from "../helpers/small-model.js";
import { bendJson, copyCheckpoint } from "../helpers/tiny-checkpoint.js";
import { assertGradientsNear, measureStep } from "../helpers/trainer-gradients.js";

const LOG_PROB_BOUND = 1e-5;
const GRADIENT_RELATIVE = 5e-6;
/** Means over tokens of float32 log-probabilities. */
const METRIC_BOUND = 1e-6;
const TEMPERATURE = 0.9;

/** Lengths of the completions of three groups: one token, equal ones side by side, and all different. */
const LENGTHS = [
  [4, 4, 1, 6],
  [3, 8],
  [5, 2, 2],
];
const ADVANTAGES = [
  [1.2, -0.4, 0.3, -1.1],
  [0.7, -0.7],
  [-1, 0.6, 0.4],
];

for (const checkpoint of ["layer-norm", "rms-norm", "tied", "motion"] as const) {
  describe(`${checkpoint} checkpoint`, () => {
    const motion = checkpoint === "motion";
    const trainable: TrainablePart[] = [
      "vision",
      "projector",
      "language",
      ...(motion ? (["motionProjector"] as const) : []),
    ];
    const frames = motion ? [5, 1, 2] : [2, 0, 1];
    let dir: string;
    let model: SmallModel;
    let groups: (TrainGroup & { advantages: number[]; oldLogProbs: Float32Array[] })[];

    before(async () => {
      dir = await copyCheckpoint(checkpoint);
      // Within the trained positions, beyond which rotary angles depend on lengths.
      await bendJson<{ text_config: { max_position_embeddings: number } }>(dir, "config.json", (config) => {
        config.text_config.max_position_embeddings = 512;
      });
      model = await loadModel(dir, { threads: 1 });
      groups = [];
      for (const [g, lengths] of LENGTHS.entries()) {
        const prompt = smallPrompt(100 + 10 * g, { frames: frames[g] ?? 0, motion });
        const completions = lengths.map((length, k) => textIds(1000 + 10 * g + k, length));
        const logProbs = await model.logProbs({ prompt, completions, temperature: TEMPERATURE });
        // Moved by −0.5 … 0.4, so that ratios leave the clip range on both sides.
        const oldLogProbs = logProbs.map((row, k) =>
          row.map((value, t) => value + ((3 * t + 7 * k + g) % 10) / 10 - 0.5),
        );
        groups.push({ prompt, completions, advantages: ADVANTAGES[g] ?? [], oldLogProbs });
      }
    });
    after(async () => {
      model.dispose();
      await rm(dir, { recursive: true });
    });

    const separate = (): TrainGroup[] =>
      groups.flatMap(({ prompt, completions, advantages, oldLogProbs }) =>
        completions.map((completion, k) => ({
          prompt,
          completions: [completion],
          advantages: advantages.slice(k, k + 1),
          oldLogProbs: oldLogProbs.slice(k, k + 1),
        })),
      );
    const grpo = (of: readonly TrainGroup[]): Omit<StepOptions, "learningRate"> => ({
      groups: of,
      loss: "grpo",
      temperature: TEMPERATURE,
    });

    test("log-probabilities equal those of each sequence alone", async () => {
      for (const { prompt, completions } of groups) {
        const together = await model.logProbs({ prompt, completions });
        for (const [k, completion] of completions.entries()) {
          const [alone = []] = await model.logProbs({ prompt, completions: [completion] });
          assertNear(together[k] ?? [], alone, LOG_PROB_BOUND, `completion ${k} of ${completions.length}`);
        }
      }
    });

    test("a step's gradients are those of inspect, for one sequence", async () => {
      const { prompt, completions } = groups[0] as TrainGroup;
      const tokens = completions[3] as Int32Array;
      const sft = { groups: [{ prompt, completions: [tokens] }], loss: "sft" as const };
      const found = await measureStep(model, { trainable }, sft);
      const targets = new Int32Array(prompt.inputIds.length + tokens.length).fill(-100);
      targets.set(tokens, prompt.inputIds.length - 1);
      const wanted = await gradients(model, { ...extended(prompt, tokens), targets });
      assertNear([found.metrics.loss], [wanted.loss], METRIC_BOUND, "loss");
      const inTrainer = Object.entries(wanted.gradients).filter(
        ([name]) => !name.startsWith("slowfast_model."),
      );
      assert.deepEqual(Object.keys(found.gradients).sort(), inTrainer.map(([name]) => name).sort());
      assertGradientsNear(
        found.gradients,
        Object.fromEntries(inTrainer.map(([name, { data }]) => [name, data])),
        GRADIENT_RELATIVE,
      );
    });

    test("GRPO gradients and metrics of groups equal those of separate sequences", async () => {
      const together = await measureStep(model, { trainable }, grpo(groups));
      const apart = await measureStep(model, { trainable }, grpo(separate()));
      assertGradientsNear(together.gradients, apart.gradients, GRADIENT_RELATIVE);
      for (const name of ["loss", "kl", "ratio", "clipFraction"] as const) {
        assertNear([together.metrics[name]], [apart.metrics[name]], METRIC_BOUND, name);
      }
      assert.equal(
        together.metrics.completionTokens,
        LENGTHS.flat().reduce((sum, length) => sum + length, 0),
      );
      assert.ok(
        together.metrics.clipFraction > 0.1 && together.metrics.clipFraction < 0.9,
        "both sides of the clip act",
      );
    });

    test("micro-batches, recomputed activations and the order of groups change rounding only", async () => {
      const plain = await measureStep(model, { trainable }, grpo(groups));
      for (const [options, of] of [
        [{ microTokens: 1 }, groups],
        [{ microTokens: 40 }, groups],
        [{ recompute: true }, groups],
        [{ recompute: true, microTokens: 1 }, [...groups].reverse()],
        [{}, [...groups].reverse()],
      ] as const) {
        const found = await measureStep(model, { trainable, ...options }, grpo(of));
        assertGradientsNear(found.gradients, plain.gradients, GRADIENT_RELATIVE);
        assertNear(
          [found.metrics.loss],
          [plain.metrics.loss],
          METRIC_BOUND,
          `loss, ${JSON.stringify(options)}`,
        );
      }
    });

    test("the KL term shares prompts too: a step after one that moved the policy", async () => {
      const spread = [];
      for (const of of [groups, separate()]) {
        const moved = await loadModel(dir, { threads: 1 });
        const trainer = await openTrainer(moved, { trainable, reference: true, optimizer: { epsilon: 1 } });
        try {
          await trainer.step({ ...grpo(groups), learningRate: 0.01, beta: 0.5 });
          spread.push(await trainer.step({ ...grpo(of), learningRate: 0, beta: 0.5 }));
        } finally {
          trainer.dispose();
          moved.dispose();
        }
      }
      const [together, apart] = spread;
      assert.ok(together !== undefined && apart !== undefined && apart.kl > 1e-5, `kl ${apart?.kl}`);
      assertNear([together.kl], [apart.kl], METRIC_BOUND, "kl");
      assertNear([together.gradNorm / apart.gradNorm], [1], GRADIENT_RELATIVE, "gradient norm");
    });
  });
}
