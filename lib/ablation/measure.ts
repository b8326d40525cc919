/** A trained model's scores on the held-out sets. */
import type { ManifestEntry } from "../data/entry.js";
import { readManifest } from "../data/manifest.js";
import { evaluate } from "../eval/evaluate.js";
import type { ScoringModel } from "../infer/load-model.js";
import { modelScorer } from "../infer/model-scorer.js";
import type { ClipKeeper } from "./clip-keeper.js";
import type { RowResult } from "./folder.js";
import { listOptions } from "./lists.js";
import type { Plan, SetPlace } from "./options.js";

/** A held-out set that is read. */
export interface VideoSet extends SetPlace {
  readonly entries: readonly ManifestEntry[];
}

/** @throws {EngineError} E_FORMAT for a list that cannot be read. */
export function readSets({ sets, config }: Plan): Promise<VideoSet[]> {
  return Promise.all(
    sets.map(async (set) => ({ ...set, entries: await readManifest(set.list, listOptions(config)) })),
  );
}

interface Measuring {
  readonly keeper: ClipKeeper;
  readonly batchSize: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onDone: (done: number, count: number) => void;
}

/** Greedy answers, asked as the model was trained. @throws the signal's reason after an abort. */
export async function measure(
  model: ScoringModel,
  sets: readonly VideoSet[],
  { keeper, batchSize, signal, onDone }: Measuring,
): Promise<RowResult["sets"]> {
  const count = sets.reduce((sum, { entries }) => sum + entries.length, 0);
  const measured: RowResult["sets"] = [];
  let before = 0;
  for (const { name, domain, entries } of sets) {
    const onPrediction = (_: unknown, done: number) => onDone(before + done, count);
    const scorer = keeper.keeping(modelScorer(model));
    const { predictions } = await evaluate(scorer, entries, { batchSize, signal, onPrediction });
    before += entries.length;
    measured.push({
      name,
      domain,
      predictions: predictions.map(({ video, target, score, status }) => ({ video, target, score, status })),
    });
  }
  return measured;
}
