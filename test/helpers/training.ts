/** A small GRPO step, trainers on models of their own, and which weights changed. */
import assert from "node:assert/strict";
import {
  openTrainer,
  type StepOptions,
  type Trainer,
  type TrainerOptions,
  type TrainGroup,
} from "../../lib/index.js";
import { openSmall, type SmallModel, smallPrompt, textIds, weightsOf } from "./small-model.js";

export const GROUPS: TrainGroup[] = [0, 1].map((g) => ({
  prompt: smallPrompt(10 + g, { frames: g + 1 }),
  completions: [textIds(g, 5), textIds(g + 2, 3)],
  advantages: [1, -1],
}));
export const STEP: StepOptions = { groups: GROUPS, loss: "grpo", learningRate: 0.01, beta: 0.1 };
export const EVERYTHING: TrainerOptions = { trainable: ["vision", "projector", "language"], reference: true };

/** Calls `use` with a trainer on a model of its own. */
export async function withTrainer<T>(
  options: TrainerOptions,
  use: (trainer: Trainer, own: SmallModel) => Promise<T>,
  checkpoint: "layer-norm" | "motion" = "layer-norm",
): Promise<T> {
  const own = await openSmall(checkpoint);
  const trainer = await openTrainer(own, options);
  try {
    return await use(trainer, own);
  } finally {
    trainer.dispose();
    own.dispose();
  }
}

/** Names of the tensors whose bits differ between two sets of weights. */
export async function changed(
  own: SmallModel,
  before: Awaited<ReturnType<typeof weightsOf>>,
): Promise<string[]> {
  const now = await weightsOf(own);
  assert.deepEqual([...now.keys()], [...before.keys()]);
  const bits = (of: typeof now, name: string): Buffer => {
    const data = of.get(name)?.data;
    assert.ok(data);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  };
  return [...now.keys()].filter((name) => !bits(now, name).equals(bits(before, name)));
}
