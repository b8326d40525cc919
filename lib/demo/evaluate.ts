/** Scores the opened held-out sets with a model, greedily, and compares with the true scores. */
import { type Prediction, report } from "../eval/evaluate.js";
import { answerAll, promptFor } from "../infer/session.js";
import { answeredScore } from "../infer/video-score.js";
import type { Model } from "../model/types.js";
import type { HeldOutName, OpenedSet, Progress } from "./sets.js";

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
): Promise<Record<HeldOutName, SetReport>> {
  const total = sets.reduce((sum, { clips }) => sum + clips.length, 0);
  const reports: Partial<Record<HeldOutName, SetReport>> = {};
  let done = 0;
  for (const { name, entries, clips } of sets) {
    const texts: string[] = [];
    const predictions: Prediction[] = [];
    for (let from = 0; from < clips.length; from += BATCH) {
      const batch = clips.slice(from, from + BATCH);
      const answers = await answerAll(
        model,
        batch.map((clip) => promptFor(model, clip, { signal })),
        { signal },
      );
      batch.forEach((clip, i) => {
        const entry = entries[from + i];
        const text = answers[i] ?? "";
        const { score, status } = answeredScore(
          model,
          { file: entry?.video ?? "", text, clip, seconds: 0 },
          undefined,
        );
        texts.push(text);
        predictions.push({ video: entry?.video ?? "", target: entry?.score ?? Number.NaN, score, status });
      });
      done += batch.length;
      onProgress(done, total);
    }
    const { srcc, plcc, mae, parsed } = report(predictions);
    reports[name] = { numbers: { srcc, plcc, mae, n: parsed }, predictions, texts };
  }
  return reports as Record<HeldOutName, SetReport>;
}
