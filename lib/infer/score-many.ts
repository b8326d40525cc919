/** Scores many videos in batches, in order; while one batch is answered the next one is decoded. */
import { inBatches } from "../core/batches.js";
import { checkInteger, checkPath, optionError } from "../core/check.js";
import { EngineError, type ErrorCode } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import type { Model } from "../model/types.js";
import type { Journal } from "./journal.js";
import { isScorer, scorerOf } from "./model-scorer.js";
import type { Judgement, OpenedVideo, Scorer } from "./scorer.js";
import { SCORE_OPTIONS, type ScoreOptions } from "./session.js";
import { failedScore, type VideoScore, videoScore } from "./video-score.js";

/** How many videos are judged at a time, and who is told. */
export interface BatchOptions {
  /** Videos that are judged together; default 8. */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes the results as they come. What it knows is neither opened nor judged but handed on in its place; batches are
   * cut as if it were, so that the others are judged with the same neighbours.
   */
  readonly journal?: Journal | undefined;
}

const BATCH_OPTIONS: Names<BatchOptions> = { batchSize: true, signal: true, journal: true };

/** @throws {EngineError} E_OPTION. */
export function batchSizeOf({ batchSize = 8 }: BatchOptions): number {
  return checkInteger("batchSize", batchSize, 1);
}

/** @throws {EngineError} E_OPTION for what takes no results, such as the path of a file. */
export function checkJournal({ journal }: BatchOptions): void {
  if (journal === undefined) return;
  const { known, keep } = Object(journal) as Partial<Journal>;
  if (typeof known === "function" && typeof keep === "function") return;
  throw optionError("journal", "a journal", journal, "openJournal gives one that is kept in a file");
}

export interface ScoreManyOptions extends ScoreOptions, BatchOptions {}

/** The names of the options that scoreMany takes: a scorer of its own kind is not told how a model is asked. */
export function scoreManyNames(given: Scorer | Model): Names<BatchOptions> {
  return isScorer(given) ? BATCH_OPTIONS : { ...SCORE_OPTIONS, ...BATCH_OPTIONS };
}

/** Not drained first: at most two batches are taken ahead of the results. */
export type Several<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * One result per path, in order. A video that cannot be read gives a result with status "failed"; every other
 * error ends the iteration.
 *
 * @throws {EngineError} E_OPTION, also for a single text and for a path that is no text; the signal's reason after an
 *                       abort.
 */
export function scoreMany(
  model: Model,
  paths: Several<string>,
  options?: ScoreManyOptions,
): AsyncGenerator<VideoScore>;
export function scoreMany(
  scorer: Scorer,
  paths: Several<string>,
  options?: BatchOptions,
): AsyncGenerator<VideoScore>;
export async function* scoreMany(
  scorer: Scorer | Model,
  paths: Several<string>,
  options: ScoreManyOptions = {},
): AsyncGenerator<VideoScore> {
  checkPaths(paths);
  checkOptions(options, scoreManyNames(scorer));
  checkJournal(options);
  for await (const { result } of judged(scorerOf(scorer, options), paths, options)) yield result;
}

/** A text is a list of letters to the language, and a promise of a list is none yet. */
function checkPaths(paths: unknown): void {
  const isText = typeof paths === "string" || paths instanceof String;
  const list = typeof paths === "object" && paths !== null && !isText ? paths : {};
  if (Symbol.iterator in list || Symbol.asyncIterator in list) return;
  const hint = isText ? "[path] is a list of one" : paths instanceof Promise ? "await it first" : "";
  throw optionError("paths", "a list of paths", paths, hint);
}

/** A video that is open already and stays so. */
export interface GivenVideo<Video> {
  readonly file: string;
  readonly video: Video;
}

/** Codes of errors that are one video's failure. */
const OF_ONE_VIDEO: ReadonlySet<ErrorCode> = new Set(["E_MEDIA", "E_NUMERIC"]);

export interface Judged {
  readonly result: VideoScore;
  /** Null for a video that could not be read, or that the journal knows. */
  readonly judgement: Judgement | null;
}

/** Opened, known to the journal, or broken. */
type Item<Video> = { readonly file: string; readonly place: number; readonly seconds: number } & (
  | { readonly video: Video; readonly close: () => void }
  | { readonly known: VideoScore }
  | { readonly error: EngineError }
);

/** As scoreMany, for videos that may be open already, and with all that the scorer said. */
export function judged<Video extends OpenedVideo>(
  scorer: Scorer<Video>,
  videos: Several<string | GivenVideo<Video>>,
  options: BatchOptions,
): AsyncGenerator<Judged> {
  const { signal, journal } = options;
  let next = 0;
  return inBatches(videos, {
    size: batchSizeOf(options),
    open: async (item): Promise<Item<Video>> => {
      const place = next++;
      const known = journal?.known(place);
      if (known === undefined) return openItem(scorer, item, place, signal);
      return { file: typeof item === "string" ? item : item.file, place, seconds: known.seconds, known };
    },
    work: async (batch) => {
      const judged = await judgeBatch(scorer, batch, signal);
      const fresh = batch.flatMap((item, i) =>
        "known" in item ? [] : { place: item.place, result: (judged[i] as Judged).result },
      );
      if (fresh.length > 0) await journal?.keep(fresh);
      return judged;
    },
    close: (item) => {
      if ("close" in item) item.close();
    },
    signal,
  });
}

async function openItem<Video extends OpenedVideo>(
  scorer: Scorer<Video>,
  item: string | GivenVideo<Video>,
  place: number,
  signal: AbortSignal | undefined,
): Promise<Item<Video>> {
  if (typeof item === "object" && item !== null && "video" in item)
    return { ...item, place, seconds: 0, close: () => {} };
  checkPath(`paths[${place}]`, item);
  const start = performance.now();
  const opened = () => ({ file: item, place, seconds: (performance.now() - start) / 1000 });
  try {
    const video = await scorer.open(item, signal);
    return { ...opened(), video, close: () => video.dispose() };
  } catch (error) {
    if (!(error instanceof EngineError) || !OF_ONE_VIDEO.has(error.code)) throw error;
    return { ...opened(), error };
  }
}

async function judgeBatch<Video extends OpenedVideo>(
  scorer: Scorer<Video>,
  batch: readonly Item<Video>[],
  signal: AbortSignal | undefined,
): Promise<Judged[]> {
  const videos = batch.flatMap((item) => ("video" in item ? [item.video] : []));
  const start = performance.now();
  const judgements = videos.length === 0 ? [] : await scorer.score(videos, signal);
  const share = (performance.now() - start) / 1000 / Math.max(1, videos.length);
  checkInteger("scorer.score(…).length", judgements.length, videos.length, videos.length);
  const rest = judgements.values();
  return batch.map((item) => {
    const { file, seconds } = item;
    if ("known" in item) return { result: { ...item.known, file }, judgement: null };
    if ("error" in item) return { result: failedScore(scorer, file, item.error, seconds), judgement: null };
    const judgement = rest.next().value as Judgement;
    return { result: videoScore(scorer, file, item.video, judgement, seconds + share), judgement };
  });
}
