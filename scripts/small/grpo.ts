/** GRPO on made clips, from scores alone: format, bell-shaped regression and order, as `train` has them, on clips in memory. */
import { Draws, streamOf } from "../../lib/core/rng.js";
import { mean } from "../../lib/core/stats.js";
import { advantages } from "../../lib/grpo/advantage.js";
import { openTrainer } from "../../lib/model/trainer.js";
import type { Model, Trainer } from "../../lib/model/types.js";
import { combineRewards } from "../../lib/rewards/combine.js";
import { formatReward } from "../../lib/rewards/format.js";
import { rankingReward } from "../../lib/rewards/ranking.js";
import { regressionReward } from "../../lib/rewards/regression.js";
import { parseAnswer } from "../../lib/text/answer.js";
import { ownPrompt } from "../tiny/phases.js";
import type { Practice } from "./recipe.js";
import type { ViewedClip } from "./store.js";

const paper = { variant: "paper" } as const;
const REWARD = combineRewards(formatReward(paper), regressionReward(paper), rankingReward(paper));

/** What is recorded of a step. */
export interface PracticeRow {
  readonly step: number;
  /** Mean over its answers. */
  readonly reward: number;
  /** Against the model that the phase began with, nats a token. */
  readonly kl: number;
}

/** Trains from answers that the model samples itself; the model that it was is the reference. */
export async function practise(
  model: Model,
  clips: readonly ViewedClip[],
  phase: Practice,
  seed: number,
  onRow: (row: PracticeRow) => void,
): Promise<void> {
  const trainer = await openTrainer(model, {
    trainable: phase.trainable,
    optimizer: phase.optimizer,
    reference: true,
  });
  try {
    for (let step = 1; step <= phase.steps; step++) {
      const order = new Draws(streamOf("small practice", seed, step)).shuffled(clips.map((_, i) => i));
      const chosen = Array.from(order.subarray(0, phase.videos), (i) => clips[i] as ViewedClip);
      onRow(await stepOn(model, trainer, chosen, phase, seed, step));
    }
  } finally {
    trainer.dispose();
  }
}

async function stepOn(
  model: Model,
  trainer: Trainer,
  chosen: readonly ViewedClip[],
  { steps, samples, learningRate, beta }: Practice,
  seed: number,
  step: number,
): Promise<PracticeRow> {
  const prompts = chosen.map(({ clip }, i) => ({
    inputIds: ownPrompt(model, clip),
    clip,
    stream: `practice ${seed} ${step} ${i}`,
    samples,
  }));
  const { maxNewTokens } = model.settings;
  const { groups } = await model.generate({ prompts, maxNewTokens, temperature: 1 });
  const videos = chosen.map(({ score }, i) => ({
    id: String(i),
    target: score,
    answers: (groups[i] ?? []).map(({ tokens }) => {
      const text = model.tokenizer.decode(tokens);
      return { text, score: parseAnswer(text).score };
    }),
  }));
  const rewards = (await REWARD({ step, seed, videos })).flat();
  const gains = advantages(rewards, samples);
  const { kl } = await trainer.step({
    groups: prompts.map((prompt, i) => ({
      prompt,
      completions: groups[i] ?? [],
      advantages: gains.subarray(i * samples, (i + 1) * samples),
    })),
    loss: "grpo",
    learningRate: learningRate * (1 - (step - 1) / steps),
    beta,
  });
  return { step, reward: mean(rewards.map((reward) => reward ?? 0)), kl };
}
