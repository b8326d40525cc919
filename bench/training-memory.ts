/** The memory of training: one group through a trainer in this process, and what `train-memory.ts` plans for it. */
import { surveyCheckpoint } from "../lib/checkpoint/survey.js";
import { loadModel, openTrainer } from "../lib/index.js";
import { heldBytes } from "../lib/inspection/held-memory.js";
import { activationBytes, TRAIN_PROCESS_BYTES, type TrainPlan } from "../lib/inspection/train-memory.js";
import { tensorMemory } from "../lib/parity.js";
import { buildPrompt } from "../lib/text/prompt.js";

/** What is asked of one step; the prompt's length is the checkpoint's own. */
export type TrainCase = Omit<TrainPlan, "promptTokens"> & { readonly threads: number };

export interface MeasuredTraining {
  readonly promptTokens: number;
  readonly seconds: number;
  /** Most resident bytes of the process. */
  readonly peakBytes: number;
  /** Most bytes of tensors at once. */
  readonly tensorBytes: number;
}

/** Two steps, since the first makes what later ones find there. */
export async function trainHere(dir: string, video: string, asked: TrainCase): Promise<MeasuredTraining> {
  tensorMemory();
  const { dtype, threads, frames, size, trainable, reference, recompute, answers, answerTokens } = asked;
  const { states, masters } = asked;
  const model = await loadModel(dir, { dtype, threads });
  const trainer = await openTrainer(model, {
    trainable,
    reference,
    recompute,
    optimizer: { states, masters },
  });
  const clip = await model.openClip(video, { frames, size, sampling: "uniform" });
  const inputIds = buildPrompt(model.tokenizer, model.settings.prompt, model.slots(frames, size));
  const completions = Array.from({ length: answers }, (_, k) =>
    Int32Array.from({ length: answerTokens }, (_, t) => 1 + ((7 * k + t) % 90)),
  );
  const advantages = completions.map((_, k) => (k % 2 === 0 ? 1 : -1));
  const groups = [{ prompt: { inputIds, clip }, completions, advantages }];
  const beta = reference ? 0.04 : 0;
  let seconds = 0;
  for (let step = 0; step < 2; step++)
    seconds = (await trainer.step({ groups, loss: "grpo", learningRate: 1e-6, beta })).seconds;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const { peakBytes: tensorBytes } = tensorMemory();
  clip.dispose();
  trainer.dispose();
  model.dispose();
  return { promptTokens: inputIds.length, seconds, peakBytes, tensorBytes };
}

/** Peak resident bytes of the same, planned. */
export async function plannedTraining(dir: string, plan: TrainPlan): Promise<number> {
  const { config, mapped } = await surveyCheckpoint(dir);
  const geometry = { ...config.geometry, imageToken: 0 };
  const held = Object.values(heldBytes(mapped, plan)).reduce((a, b) => a + b, 0);
  return TRAIN_PROCESS_BYTES + held + activationBytes(geometry, mapped, plan);
}
