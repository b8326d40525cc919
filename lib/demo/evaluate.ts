/** Scores the opened held-out sets with a model, greedily, and compares with the true scores. */
import type { Progress } from "../core/screen.js";
import { type Prediction, report } from "../eval/evaluate.js";
import { modelScorer } from "../infer/model-scorer.js";
import { judged } from "../infer/score-many.js";
import type { InferOptions } from "../infer/session.js";
import type { Model } from "../model/types.js";
import type { HeldOutName, OpenedSet } from "./sets.js";

/** One set's numbers; a correlation is null when all predictions are equal. */
export interface SetNumbers {
  readonly srcc: number | null;
  readonly plcc: number | null;
  readonly mae: number | null;
  /** Videos with a score. */
  readonly n: number;
}

export interface SetReport {
  readonly numbers: SetNumbers;
  readonly predictions: readonly Prediction[];
  /** The whole answer to each video. */
  readonly texts: readonly string[];
}

const BATCH = 50;

export async function evaluateSets(
  model: Model,
  sets: readonly OpenedSet[],
  signal: AbortSignal,
  onProgress: Progress,
  asked: Pick<InferOptions, "question" | "variant" | "maxNewTokens"> = {},
): Promise<Record<HeldOutName, SetReport>> {
  const total = sets.reduce((sum, { clips }) => sum + clips.length, 0);
  const reports: Partial<Record<HeldOutName, SetReport>> = {};
  const scorer = modelScorer(model, asked);
  let done = 0;
  for (const { name, entries, clips } of sets) {
    const texts: string[] = [];
    const predictions: Prediction[] = [];
    const videos = clips.map((video, i) => ({ file: entries[i]?.video ?? "", video }));
    for await (const { result, judgement } of judged(scorer, videos, { batchSize: BATCH, signal })) {
      const { file, score, status } = result;
      const target = entries[texts.length]?.score ?? Number.NaN;
      predictions.push({ video: file, target, score, status });
      texts.push(judgement?.text ?? "");
      done++;
      if (texts.length % BATCH === 0 || texts.length === clips.length) onProgress(done, total);
    }
    const { srcc, plcc, mae, parsed } = report(predictions);
    reports[name] = { numbers: { srcc, plcc, mae, n: parsed }, predictions, texts };
  }
  return reports as Record<HeldOutName, SetReport>;
}
