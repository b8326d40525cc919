/** What an update takes, in bytes of tensors that the engine counts: the plan's, with and without recompute, of whole parts and of adapters. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { surveyCheckpoint } from "../../lib/checkpoint/survey.js";
import {
  addAdapter,
  type Clip,
  type DType,
  loadModel,
  openClip,
  openTrainer,
  type StepOptions,
  type TrainablePart,
} from "../../lib/index.js";
import { heldBytes, type LoraSpec } from "../../lib/inspection/held-memory.js";
import { activationBytes, type UpdatePlan } from "../../lib/inspection/update-memory.js";
import { tensorMemory } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { openSmall, smallPrompt, textIds } from "../helpers/small-model.js";
import { measureStep } from "../helpers/trainer-gradients.js";
import { makeVideo, scratchFolder } from "../helpers/video-files.js";

/** As `bench:memory` holds a process to it. */
const TOLERANCE = 0.1;
tensorMemory();
const video = makeVideo(join(scratchFolder(), "a.mp4"));
const PARTS: readonly TrainablePart[] = ["vision", "projector", "language", "motionProjector"];

type Checkpoint = "layer-norm" | "rms-norm" | "motion";
interface Asked
  extends Pick<
    UpdatePlan,
    "groups" | "frames" | "size" | "answers" | "answerTokens" | "recompute" | "reference"
  > {
  readonly dtype?: DType;
  readonly lora?: LoraSpec;
}

function partsOf(checkpoint: Checkpoint, lora?: LoraSpec): TrainablePart[] {
  if (lora !== undefined) return ["adapters"];
  return PARTS.filter((part) => checkpoint === "motion" || part !== "motionProjector");
}

function stepOf(checkpoint: Checkpoint, asked: Asked, clips: readonly Clip[]) {
  const { frames, size, answers, answerTokens, reference } = asked;
  const { inputIds } = smallPrompt(3, { frames, size, motion: checkpoint === "motion" });
  const completions = Array.from({ length: answers }, (_, k) => textIds(k, answerTokens));
  const advantages = completions.map((_, k) => (k % 2 === 0 ? 1 : -1));
  const groups = clips.map((clip) => ({ prompt: { inputIds, clip }, completions, advantages }));
  const step: StepOptions = { groups, loss: "grpo", learningRate: 0.01, beta: reference ? 0.1 : 0 };
  return { step, promptTokens: inputIds.length };
}

/** Bytes of a second step: held from step to step, and at its widest moment beyond. */
async function measured(checkpoint: Checkpoint, asked: Asked) {
  const { frames, size, groups, lora, dtype = "float32" } = asked;
  const opened = () =>
    Promise.all(
      Array.from({ length: groups }, () => openClip(video, { frames, size, sampling: "uniform" as const })),
    );
  const clips = await opened();
  // Frozen nets remember clips that they have seen: the second step has ones that they have not.
  const others = await opened();
  const before = tensorMemory().bytes;
  const model = await loadModel(goldenPath(`internvl/${checkpoint}`), { dtype, threads: 1 });
  if (lora !== undefined) await addAdapter(model, lora);
  const trainable = partsOf(checkpoint, lora);
  const { recompute, reference } = asked;
  const trainer = await openTrainer(model, { trainable, reference, recompute });
  const opening = tensorMemory().bytes - before;
  const { step, promptTokens } = stepOf(checkpoint, asked, clips);
  await trainer.step(step);
  const held = tensorMemory().bytes - before;
  await trainer.step(stepOf(checkpoint, asked, others).step);
  const activations = tensorMemory().peakBytes - before - held;
  for (const one of [trainer, model, ...clips, ...others]) one.dispose();
  const kept = { states: "float32", masters: true } as const;
  return { opening, activations, plan: { ...asked, ...kept, dtype, promptTokens, trainable } };
}

async function assertPlanned(checkpoint: Checkpoint, asked: Asked): Promise<number> {
  const { opening, activations, plan } = await measured(checkpoint, asked);
  const { config, mapped: parameters } = await surveyCheckpoint(goldenPath(`internvl/${checkpoint}`));
  const shape = { config, parameters };
  const planned = activationBytes(shape, plan);
  const what = `${checkpoint}, ${JSON.stringify(asked)}: planned ${planned}, found ${activations}`;
  assert.ok(Math.abs(activations / planned - 1) <= TOLERANCE, what);
  const steady = Object.values(heldBytes(shape, plan)).reduce((a, b) => a + b, 0);
  // Tables of positions and the like, which a real model does not feel.
  assert.ok(
    opening >= steady && opening <= 1.02 * steady,
    `${checkpoint}: planned ${steady}, found ${opening}`,
  );
  return activations;
}

/** Where frames rule, where text rules, a reference beside both, several groups in one micro-batch. */
const SHAPES = [
  { groups: 1, frames: 2, size: 448, answers: 2, answerTokens: 8, reference: false },
  { groups: 1, frames: 1, size: 56, answers: 6, answerTokens: 150, reference: false },
  { groups: 1, frames: 1, size: 224, answers: 4, answerTokens: 60, reference: true },
  { groups: 3, frames: 2, size: 112, answers: 3, answerTokens: 50, reference: true },
];
/** Those of them that adapters are held to. */
const ADAPTED = [0, 3];
const DECODER: LoraSpec = { targets: String.raw`.*\.language_model\..*`, rank: 4 };
const KINDS: readonly (readonly [what: string, more: Pick<Asked, "dtype" | "lora">])[] = [
  ["whole parts", {}],
  ["adapters on the decoder", { lora: DECODER }],
  ["adapters on tower and decoder", { lora: { targets: "all-linear", rank: 4 } }],
  ["adapters with magnitudes", { lora: { ...DECODER, dora: true } }],
];

for (const checkpoint of ["layer-norm", "rms-norm", "motion"] as const)
  for (const [what, more] of KINDS)
    test(`${checkpoint}, ${what}: the plan is what the engine counts, and recompute takes less`, async () => {
      for (const shape of more.lora === undefined ? SHAPES : SHAPES.filter((_, i) => ADAPTED.includes(i))) {
        const less = await assertPlanned(checkpoint, { ...shape, ...more, recompute: true });
        const kept = await assertPlanned(checkpoint, { ...shape, ...more, recompute: false });
        assert.ok(less <= kept, `${less} <= ${kept}`);
      }
    });

for (const checkpoint of ["layer-norm", "rms-norm"] as const)
  test(`${checkpoint}: recompute reaches tower and decoder, and every gradient has the same bits`, async () => {
    const model = await openSmall(checkpoint);
    const trainable = partsOf(checkpoint);
    const asked = {
      groups: 1,
      frames: 2,
      size: 112,
      answers: 3,
      answerTokens: 9,
      reference: false,
      recompute: true,
    };
    const { frames, size } = asked;
    const clip = await openClip(video, { frames, size, sampling: "uniform" });
    const { step } = stepOf(checkpoint, asked, [clip]);
    const [kept, again] = [
      await measureStep(model, { trainable }, step),
      await measureStep(model, { trainable, recompute: true }, step),
    ];
    assert.deepEqual(again.gradients, kept.gradients);
    assert.equal(again.metrics.gradNorm, kept.metrics.gradNorm);
    for (const one of [model, clip]) one.dispose();
  });
