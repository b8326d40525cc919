/** The training phases of the tiny model, on public trainer calls: encoder pre-training, then supervised answers. */
import { Draws, streamOf } from "../../lib/core/rng.js";
import { calibrateMotion, openTrainer } from "../../lib/model/trainer.js";
import type { Model, Trainer, TrainGroup } from "../../lib/model/types.js";
import {
  DISTORTIONS,
  OPINION_NOISE,
  opinion,
  QUALITY_WORDS,
  SEVERITY_WORDS,
  type Severities,
} from "../../lib/synthetic/opinion.js";
import { clipStream, type SyntheticPlan } from "../../lib/synthetic/plan.js";
import { buildPrompt } from "../../lib/text/prompt.js";
import type { TrainingClip } from "./clips.js";
import {
  FINDING_WEIGHT,
  learningRate,
  MAX_GRAD_NORM,
  MEASURED_CLIPS,
  type Phase,
  PRE_TRAINING,
  PROXY_DISTORTIONS,
  SFT,
} from "./recipe.js";
import { END_TOKEN, reply } from "./wording.js";

export type OnStep = (step: number, phase: Phase, loss: number) => void;

/** The prompt's ids for this model's own clips. */
export function tinyPrompt(model: Model, clip: TrainingClip["clip"]): Int32Array {
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

async function runPhase<T>(
  trainer: Trainer,
  items: readonly T[],
  phase: Phase,
  name: string,
  seed: number,
  loss: "sft" | "regression",
  group: (item: T) => TrainGroup,
  onStep: OnStep,
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

/** Measures batch norm on some clips, then trains both encoders to tell severities and score from pooled features. */
export async function preTrain(
  model: Model,
  clips: readonly TrainingClip[],
  seed: number,
  onStep: OnStep,
): Promise<void> {
  await calibrateMotion(
    model,
    clips.slice(0, MEASURED_CLIPS).map(({ clip }) => clip),
  );
  const trainer = await openTrainer(model, {
    trainable: ["vision", "projector", "motion", "motionProjector"],
    optimizer: PRE_TRAINING.optimizer,
    regressionOutputs: DISTORTIONS.length + 1,
    regressionStream: streamOf("tiny pooled head", seed),
  });
  try {
    const target = ({ severities, score }: SyntheticPlan) => [
      ...DISTORTIONS.map((name) => severities[name] ?? 0),
      (score - 3) / 2,
    ];
    const group = ({ plan, clip }: TrainingClip): TrainGroup => ({
      prompt: { inputIds: new Int32Array(), clip },
      completions: [],
      targets: target(plan),
    });
    await runPhase(trainer, clips, PRE_TRAINING, "tiny pre-training", seed, "regression", group, onStep);
  } finally {
    trainer.dispose();
  }
}

/** The score that a clip would have if only the proxy's distortions counted, with noise of its own. */
export function proxyScore(plan: SyntheticPlan): number {
  const counted: Severities = Object.fromEntries(
    PROXY_DISTORTIONS.map((name) => [name, plan.severities[name] ?? 0]),
  );
  return opinion(counted, OPINION_NOISE * clipStream(plan, "proxy").normal());
}

const JUDGEMENTS = new Set<string>([...SEVERITY_WORDS, ...QUALITY_WORDS]);

/** Is a token's text a digit or a judgement: what was seen, not the form of the answer? */
function isFinding(text: string): boolean {
  return /^\d$/.test(text) || JUDGEMENTS.has(text.trim());
}

/** What a checkpoint learns to write. */
export interface Lesson {
  readonly score: (plan: SyntheticPlan) => number;
  readonly findingWeight: number;
}

export const LESSONS = {
  tiny: { score: ({ score }) => score, findingWeight: FINDING_WEIGHT.tiny },
  "tiny-start": { score: proxyScore, findingWeight: FINDING_WEIGHT["tiny-start"] },
} as const satisfies Record<string, Lesson>;

/** Teaches the decoder to write findings and a score; the encoders stay as they are. */
export async function superviseAnswers(
  model: Model,
  clips: readonly TrainingClip[],
  lesson: Lesson,
  seed: number,
  onStep: OnStep,
): Promise<void> {
  const trainer = await openTrainer(model, {
    trainable: ["projector", "motionProjector", "language"],
    optimizer: SFT.optimizer,
  });
  try {
    const weight = (id: number) => (isFinding(model.tokenizer.decode([id])) ? lesson.findingWeight : 1);
    const group = ({ plan, clip }: TrainingClip): TrainGroup => {
      const completion = model.tokenizer.encode(reply(plan.severities, lesson.score(plan)) + END_TOKEN);
      return {
        prompt: { inputIds: tinyPrompt(model, clip), clip },
        completions: [completion],
        weights: [Float32Array.from(completion, weight)],
      };
    };
    await runPhase(trainer, clips, SFT, "tiny answers", seed, "sft", group, onStep);
  } finally {
    trainer.dispose();
  }
}
