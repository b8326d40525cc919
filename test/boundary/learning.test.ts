/** What a step changes: nothing but what is trained, the same after a pause, towards the targets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel, type Trainer, type TrainerOptions, type TrainGroup } from "../../lib/index.js";
import { goldenPath } from "../helpers/goldens.js";
import { pixels, smallPrompt, textIds, weightsOf, withFolder } from "../helpers/small-model.js";
import { changed, EVERYTHING, GROUPS, STEP, withTrainer } from "../helpers/training.js";

test("saved, loaded and gone on equals never having stopped, bit for bit", async () => {
  const optimizer = { beta1: 0.8, beta2: 0.9, weightDecay: 0.1 };
  const step = (trainer: Trainer, i: number) =>
    trainer.step({ ...STEP, learningRate: 0.002 * (i + 1), maxGradNorm: 0.5 });
  await withFolder(async (dir) => {
    const through = await withTrainer({ ...EVERYTHING, optimizer }, async (trainer, own) => {
      for (let i = 0; i < 5; i++) {
        if (i === 2) await trainer.save(dir);
        await step(trainer, i);
      }
      return weightsOf(own);
    });
    await withTrainer({ ...EVERYTHING, optimizer }, async (trainer, own) => {
      await trainer.load(dir);
      for (let i = 2; i < 5; i++) await step(trainer, i);
      assert.deepEqual(await changed(own, through), []);
    });
    await withTrainer({ trainable: ["projector"] }, async (trainer, own) => {
      const before = await weightsOf(own);
      await assert.rejects(trainer.load(dir), { name: "EngineError", code: "E_FORMAT" });
      assert.deepEqual(await changed(own, before), []);
    });
  });
});

test("a model saved after training gives the same numbers when it is opened again", async () => {
  await withTrainer(EVERYTHING, async (trainer, own) => {
    await trainer.step(STEP);
    const { prompt, completions } = GROUPS[1] as TrainGroup;
    const expected = await own.logProbs({ prompt, completions });
    await withFolder(async (dir) => {
      await own.save(dir);
      const again = await loadModel(dir, { threads: 1 });
      assert.deepEqual(await again.logProbs({ prompt, completions }), expected);
      again.dispose();
    });
    const fresh = await loadModel(goldenPath("internvl/layer-norm"), { threads: 1 });
    assert.notDeepEqual(await fresh.logProbs({ prompt, completions }), expected);
    fresh.dispose();
  });
});

test("a learning rate of 0 and parts that are not trained change no bit", async () => {
  await withTrainer({ ...EVERYTHING, optimizer: { weightDecay: 0.1 } }, async (trainer, own) => {
    const before = await weightsOf(own);
    await trainer.step({ ...STEP, learningRate: 0 });
    assert.deepEqual(await changed(own, before), []);
  });
  const parts = {
    vision: "vision_tower.",
    projector: "multi_modal_projector.",
    language: "language_model.",
    motionProjector: "motion_mlp.",
  } as const;
  for (const [part, prefix] of Object.entries(parts)) {
    await withTrainer(
      { trainable: [part as keyof typeof parts], reference: true },
      async (trainer, own) => {
        const before = await weightsOf(own);
        const groups = GROUPS.map((group, g) => ({
          ...group,
          prompt: smallPrompt(20 + g, { motion: true }),
        }));
        await trainer.step({ ...STEP, groups });
        const moved = await changed(own, before);
        assert.ok(
          moved.length > 0 && moved.every((name) => name.startsWith(prefix)),
          `${part}: ${moved.join(", ")}`,
        );
      },
      "motion",
    );
  }
});

test("the regression loss makes the motion parts learn; other losses refuse them", async () => {
  const options: TrainerOptions = {
    trainable: ["motion", "motionProjector", "vision", "projector"],
    regressionOutputs: 2,
  };
  await withTrainer(
    options,
    async (trainer) => {
      const groups = Array.from(
        { length: 4 },
        (_, g): TrainGroup => ({
          prompt: { inputIds: new Int32Array(), pixelValues: pixels(g, 2, 56), frames: 2, imageSize: 56 },
          completions: [],
          targets: [g - 1.5, (g % 2) - 0.5],
        }),
      );
      const losses: number[] = [];
      for (let i = 0; i < 30; i++)
        losses.push((await trainer.step({ groups, loss: "regression", learningRate: 0.003 })).loss);
      const { predictions, loss } = await trainer.step({ groups, loss: "regression", learningRate: 0 });
      assert.ok(loss < 0.1 * (losses[0] ?? 0), `${losses[0]} → ${loss}`);
      const errors = groups.flatMap(({ targets = [] }, g) =>
        Array.from(targets, (target, i) => Math.abs((predictions[2 * g + i] ?? Number.NaN) - target)),
      );
      const huber =
        errors.reduce((sum, error) => sum + (error < 1 ? error ** 2 / 2 : error - 0.5), 0) / errors.length;
      assert.ok(Math.abs(huber - loss) < 1e-6, `${huber}, ${loss}`);
      const sft = {
        groups: [{ prompt: smallPrompt(30, { motion: true }), completions: [textIds(1, 3)] }],
        loss: "sft" as const,
        learningRate: 0,
      };
      await assert.rejects(trainer.step(sft), { name: "EngineError", message: /motion.*regression/ });
    },
    "motion",
  );
});
