/** The training phases of a made model, on public trainer calls: encoder pre-training, then supervised answers. */
import { Draws, streamOf } from "../../lib/core/rng.js";
import type { NativeClip } from "../../lib/model/clip.js";
import { openTrainer } from "../../lib/model/trainer.js";
import type { Model, Trainer, TrainGroup } from "../../lib/model/types.js";
import { buildPrompt } from "../../lib/text/prompt.js";
import { learningRate, MAX_GRAD_NORM, type Phase } from "./recipe.js";
import { END_TOKEN } from "./wording.js";

export type OnStep = (step: number, phase: Phase, loss: number) => void;

/** The prompt's ids for this model's own clips. */
export function ownPrompt(model: Model, clip: NativeClip): Int32Array {
  return buildPrompt(model.tokenizer, model.settings.prompt, model.slots(clip.frames, clip.size));
}

/** Batches of a phase: shuffled epochs, the last partial batch of each dropped. */
function* batchesOf<T>(items: readonly T[], phase: Phase, name: string, seed: number): Generator<T[]> {
  for (let epoch = 0, given = 0; given < phase.steps; epoch++) {
    const order = new Draws(streamOf(name, seed, epoch)).shuffled(items.map((_, i) => i));
    for (let at = 0; at + phase.batch <= items.length && given < phase.steps; at += phase.batch, given++)
      yield Array.from(order.subarray(at, at + phase.batch), (i) => items[i] as T);
  }
}

/** Where a phase's random streams come from, and who is told of its steps. */
export interface Course {
  /** Names the streams. */
  readonly name: string;
  readonly seed: number;
  readonly onStep: OnStep;
}

async function runPhase<T>(
  trainer: Trainer,
  items: readonly T[],
  phase: Phase,
  { name, seed, onStep }: Course,
  loss: "sft" | "regression",
  group: (item: T) => TrainGroup,
): Promise<void> {
  let step = 0;
  for (const batch of batchesOf(items, phase, name, seed)) {
    step++;
    const metrics = await trainer.step({
      groups: batch.map(group),
      loss,
      learningRate: learningRate(phase, step),
      maxGradNorm: MAX_GRAD_NORM,
    });
    onStep(step, phase, metrics.loss);
  }
}

/** What an item of a set shows. */
interface Shown {
  readonly clip: NativeClip;
}

/** Trains the encoders, or what the phase says, to tell the targets from pooled features. */
export async function preTrain<T extends Shown>(
  model: Model,
  items: readonly T[],
  targets: (item: T) => readonly number[],
  phase: Phase,
  course: Course,
): Promise<void> {
  const outputs = targets(items[0] as T).length;
  const trainer = await openTrainer(model, {
    trainable: phase.trainable ?? ["vision", "projector", "motion", "motionProjector"],
    optimizer: phase.optimizer,
    regressionOutputs: outputs,
    regressionStream: streamOf("tiny pooled head", course.seed),
  });
  try {
    const group = (item: T): TrainGroup => ({
      prompt: { inputIds: new Int32Array(), clip: item.clip },
      completions: [],
      targets: targets(item),
    });
    await runPhase(trainer, items, phase, course, "regression", group);
  } finally {
    trainer.dispose();
  }
}

/** What a checkpoint learns to write. */
export interface Lesson<T> {
  readonly reply: (item: T) => string;
  /** What a token weighs in the loss, by its text. */
  readonly weight: (text: string) => number;
}

/** Teaches the decoder to write findings and a score; the encoders stay as they are. */
export async function superviseAnswers<T extends Shown>(
  model: Model,
  items: readonly T[],
  lesson: Lesson<T>,
  phase: Phase,
  course: Course,
): Promise<void> {
  const trainer = await openTrainer(model, {
    trainable: phase.trainable ?? ["projector", "motionProjector", "language"],
    optimizer: phase.optimizer,
  });
  try {
    const weight = (id: number) => lesson.weight(model.tokenizer.decode([id]));
    const group = (item: T): TrainGroup => {
      const completion = model.tokenizer.encode(lesson.reply(item) + END_TOKEN);
      return {
        prompt: { inputIds: ownPrompt(model, item.clip), clip: item.clip },
        completions: [completion],
        weights: [Float32Array.from(completion, weight)],
      };
    };
    await runPhase(trainer, items, phase, course, "sft", group);
  } finally {
    trainer.dispose();
  }
}
