/** What a training step takes, in bytes of tensors that the engine counts: the plan's, with and without recompute. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { surveyCheckpoint } from "../../lib/checkpoint/survey.js";
import { type Clip, openClip, openTrainer, type StepOptions, type TrainablePart } from "../../lib/index.js";
import { heldBytes } from "../../lib/inspection/held-memory.js";
import { ALL_BUT_MOTION, activationBytes, type TrainPlan } from "../../lib/inspection/train-memory.js";
import { tensorMemory } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { openSmall, smallPrompt, textIds } from "../helpers/small-model.js";
import { measureStep } from "../helpers/trainer-gradients.js";
import { makeVideo, scratchFolder } from "../helpers/video-files.js";

/** As `bench:memory` holds a process to it. */
const TOLERANCE = 0.1;
tensorMemory();
const video = makeVideo(join(scratchFolder(), "a.mp4"));

type Checkpoint = "layer-norm" | "rms-norm" | "motion";
type Asked = Pick<TrainPlan, "frames" | "size" | "answers" | "answerTokens" | "recompute" | "reference">;

function partsOf(checkpoint: Checkpoint): TrainablePart[] {
  return ALL_BUT_MOTION.filter((part) => checkpoint === "motion" || part !== "motionProjector");
}

function stepOf(checkpoint: Checkpoint, asked: Asked, clip: Clip) {
  const { frames, size, answers, answerTokens, reference } = asked;
  const { inputIds } = smallPrompt(3, { frames, size, motion: checkpoint === "motion" });
  const prompt = { inputIds, clip };
  const completions = Array.from({ length: answers }, (_, k) => textIds(k, answerTokens));
  const advantages = completions.map((_, k) => (k % 2 === 0 ? 1 : -1));
  const groups = [{ prompt, completions, advantages }];
  const step: StepOptions = { groups, loss: "grpo", learningRate: 0.01, beta: reference ? 0.1 : 0 };
  return { step, promptTokens: prompt.inputIds.length };
}

/** Bytes of a second step: held from step to step, and at its widest moment beyond. */
async function measured(checkpoint: Checkpoint, asked: Asked) {
  const { frames, size } = asked;
  const plan = { frames, size, sampling: "uniform" } as const;
  const clip = await openClip(video, plan);
  // The frozen motion net remembers a clip that it has seen: the second step has one that it has not.
  const other = checkpoint === "motion" ? await openClip(video, plan) : clip;
  const before = tensorMemory().bytes;
  const model = await openSmall(checkpoint);
  const trainable = partsOf(checkpoint);
  const { recompute, reference } = asked;
  const trainer = await openTrainer(model, { trainable, reference, recompute });
  const { step, promptTokens } = stepOf(checkpoint, asked, clip);
  await trainer.step(step);
  const held = tensorMemory().bytes - before;
  await trainer.step(stepOf(checkpoint, asked, other).step);
  const activations = tensorMemory().peakBytes - before - held;
  for (const one of [trainer, model, clip, other]) one.dispose();
  const kept = { dtype: "float32", states: "float32", masters: true } as const;
  return { held, activations, plan: { ...asked, ...kept, promptTokens, trainable } };
}

async function assertPlanned(checkpoint: Checkpoint, asked: Asked): Promise<number> {
  const { held, activations, plan } = await measured(checkpoint, asked);
  const { config, mapped } = await surveyCheckpoint(goldenPath(`internvl/${checkpoint}`));
  const geometry = { ...config.geometry, imageToken: 0 };
  const planned = activationBytes(geometry, mapped, plan);
  const what = `${checkpoint}, ${JSON.stringify(asked)}: planned ${planned}, found ${activations}`;
  assert.ok(Math.abs(activations / planned - 1) <= TOLERANCE, what);
  const steady = Object.values(heldBytes(mapped, plan)).reduce((a, b) => a + b, 0);
  // A first step leaves some tables of positions behind, which a real model does not feel.
  assert.ok(held >= steady && held <= 1.05 * steady, `${checkpoint}: planned ${steady}, found ${held}`);
  return activations;
}

/** Where frames rule, where text rules, and a reference beside both. */
const SHAPES = [
  { frames: 2, size: 448, answers: 2, answerTokens: 8, reference: false },
  { frames: 1, size: 56, answers: 6, answerTokens: 150, reference: false },
  { frames: 1, size: 224, answers: 4, answerTokens: 60, reference: true },
];

for (const checkpoint of ["layer-norm", "rms-norm", "motion"] as const)
  test(`${checkpoint}: the plan is what the engine counts, and recompute takes less`, async () => {
    for (const shape of SHAPES) {
      const less = await assertPlanned(checkpoint, { ...shape, recompute: true });
      const more = await assertPlanned(checkpoint, { ...shape, recompute: false });
      assert.ok(less < more, `${less} < ${more}`);
    }
  });

for (const checkpoint of ["layer-norm", "rms-norm"] as const)
  test(`${checkpoint}: recompute reaches tower and decoder, and every gradient has the same bits`, async () => {
    const model = await openSmall(checkpoint);
    const trainable = partsOf(checkpoint);
    const asked = { frames: 2, size: 112, answers: 3, answerTokens: 9, reference: false, recompute: true };
    const { frames, size } = asked;
    const clip = await openClip(video, { frames, size, sampling: "uniform" });
    const { step } = stepOf(checkpoint, asked, clip);
    const [kept, again] = [
      await measureStep(model, { trainable }, step),
      await measureStep(model, { trainable, recompute: true }, step),
    ];
    assert.deepEqual(again.gradients, kept.gradients);
    assert.equal(again.metrics.gradNorm, kept.metrics.gradNorm);
    for (const one of [model, clip]) one.dispose();
  });
