/** How well a tiny checkpoint does on held-out clips: agreement of greedy scores, and how often samples have the format. */
import { inBatches } from "../../lib/core/batches.js";
import { srcc } from "../../lib/eval/correlation.js";
import type { NativeClip } from "../../lib/model/clip.js";
import type { Model } from "../../lib/model/types.js";
import { parseAnswer } from "../../lib/text/answer.js";
import type { TrainingClip } from "./clips.js";
import { ownPrompt } from "./phases.js";

const BATCH = 50;
const SAMPLES = 4;
const WELL_FORMED = /^<think>[\s\S]*?<\/think>\s*<answer>[\s\S]*?<\/answer>$/;

export interface Measured {
  /** Of the clips whose greedy answer has a score. */
  readonly srcc: number;
  readonly mae: number;
  /** Greedy answers with a score. */
  readonly parsed: number;
  readonly clips: number;
}

/** Texts of `samples` answers to each clip. */
export async function answersTo<T extends { readonly clip: NativeClip }>(
  model: Model,
  clips: readonly T[],
  stream: (clip: T) => string,
  temperature: number,
  samples: number,
): Promise<string[][]> {
  const answer = async (batch: readonly T[]): Promise<string[][]> => {
    const { groups } = await model.generate({
      prompts: batch.map((one) => ({
        inputIds: ownPrompt(model, one.clip),
        clip: one.clip,
        stream: stream(one),
        samples,
      })),
      maxNewTokens: model.settings.maxNewTokens,
      temperature,
    });
    return groups.map((group) => group.map(({ tokens }) => model.tokenizer.decode(tokens)));
  };
  const all: string[][] = [];
  const open = async (clip: T) => clip;
  for await (const texts of inBatches(clips, { size: BATCH, open, work: answer, close: () => {} }))
    all.push(texts);
  return all;
}

const streamFor = ({ plan }: TrainingClip) => `measure ${plan.kind} ${plan.index}`;

/** Of one answer to each clip with its true score. */
export function agreement(texts: readonly string[], truths: readonly number[]): Measured {
  const scored = texts.flatMap((text, i) => {
    const { score } = parseAnswer(text);
    return score === null ? [] : [{ score, truth: truths[i] as number }];
  });
  const found = scored.map(({ score }) => score);
  const truth = scored.map(({ truth }) => truth);
  return {
    srcc: srcc(found, truth),
    mae: scored.reduce((sum, { score, truth: t }) => sum + Math.abs(score - t), 0) / scored.length,
    parsed: scored.length,
    clips: texts.length,
  };
}

export async function measure(model: Model, clips: readonly TrainingClip[]): Promise<Measured> {
  const texts = await answersTo(model, clips, streamFor, 0, 1);
  return agreement(
    texts.map(([text = ""]) => text),
    clips.map(({ plan }) => plan.score),
  );
}

/** Share of samples at temperature 1 that have the format. */
export async function sampledFormat(model: Model, clips: readonly TrainingClip[]): Promise<number> {
  const texts = (await answersTo(model, clips, streamFor, 1, SAMPLES)).flat();
  return texts.filter((text) => WELL_FORMED.test(text)).length / texts.length;
}
