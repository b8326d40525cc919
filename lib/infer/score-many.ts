/** Scores many videos in batches, in order; while one batch is answered the next one is decoded. */
import { checkInteger } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import type { Clip, Model } from "../model/types.js";
import { answerAll, clipPlan, type InferOptions, promptFor } from "./session.js";
import { answeredScore, failedScore, type VideoScore } from "./video-score.js";

export interface ScoreManyOptions extends InferOptions {
  /** Videos per generation call; default 8. */
  readonly batchSize?: number | undefined;
}

type OpenedVideo = { readonly file: string; readonly seconds: number } & (
  | { readonly clip: Clip; readonly error: null }
  | { readonly clip: null; readonly error: EngineError }
);

/**
 * One result per path, in order. A video that cannot be read gives a result with status "failed"; every other
 * error ends the iteration.
 *
 * @throws {EngineError} E_OPTION; the signal's reason after an abort.
 */
export async function* scoreMany(
  model: Model,
  paths: Iterable<string>,
  options: ScoreManyOptions = {},
): AsyncGenerator<VideoScore> {
  const size = checkInteger("batchSize", options.batchSize ?? 8, 1);
  const files = [...paths];
  const openBatch = (start: number) => openAll(model, files.slice(start, start + size), options);
  let next = openBatch(0);
  try {
    for (let start = 0; start < files.length; start += size) {
      const batch = await next;
      next = openBatch(start + size);
      // Its failure is met at the top of the next turn, not as an unhandled one.
      next.catch(() => {});
      try {
        yield* await scoreBatch(model, batch, options);
      } finally {
        disposeAll(batch);
      }
    }
  } finally {
    disposeAll(await next.catch(() => []));
  }
}

async function openAll(
  model: Model,
  files: readonly string[],
  options: InferOptions,
): Promise<OpenedVideo[]> {
  const opened: OpenedVideo[] = [];
  try {
    for (const file of files) opened.push(await openOne(model, file, options));
    return opened;
  } catch (error) {
    disposeAll(opened);
    throw error;
  }
}

async function openOne(model: Model, file: string, options: InferOptions): Promise<OpenedVideo> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  try {
    const clip = await model.openClip(file, clipPlan(model, options));
    return { file, clip, error: null, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_MEDIA") throw error;
    return { file, clip: null, error, seconds: seconds() };
  }
}

async function scoreBatch(
  model: Model,
  batch: readonly OpenedVideo[],
  options: InferOptions,
): Promise<VideoScore[]> {
  const clips = batch.flatMap(({ clip }) => clip ?? []);
  const start = performance.now();
  const texts =
    clips.length === 0
      ? []
      : await answerAll(
          model,
          clips.map((clip) => promptFor(model, clip, options)),
          options,
        );
  const share = (performance.now() - start) / 1000 / Math.max(1, clips.length);
  return batch.map(({ file, clip, error, seconds }) => {
    if (error !== null) return failedScore(model, file, error, seconds);
    const text = texts[clips.indexOf(clip)] ?? "";
    return answeredScore(model, { file, clip, text, seconds: seconds + share }, options.variant);
  });
}

function disposeAll(batch: readonly OpenedVideo[]): void {
  for (const { clip } of batch) clip?.dispose();
}
