/** Opens a checkpoint as a model that scores and answers: the package's front door. */

import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { checkFunction, checkPath } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { NativeModel, openWeights } from "../model/model.js";
import { ModelShape } from "../model/shape.js";
import type { LoadOptions, Model } from "../model/types.js";
import { ask, type Reply } from "./ask.js";
import { score } from "./score.js";
import { type ScoreManyOptions, type Several, scoreMany } from "./score-many.js";
import type { InferOptions, ScoreOptions } from "./session.js";
import type { VideoScore } from "./video-score.js";

/** A model that scores videos and answers questions about them. */
export interface ScoringModel extends Model {
  /** Where it computes: "cpu" or "cuda". */
  readonly device: string;
  /** Scores one video. @throws {EngineError} E_MEDIA, E_OPTION; the signal's reason after an abort. */
  score(path: string, options?: ScoreOptions): Promise<VideoScore>;
  /** Scores many, in order and in batches; one that cannot be read is a result of its own, with status "failed". */
  scoreMany(paths: Several<string>, options?: ScoreManyOptions): AsyncIterable<VideoScore>;
  /** Asks a question of your own about a video. @throws {EngineError} as score. */
  ask(path: string, question: string, options?: InferOptions): Promise<Reply>;
}

/** Its own calls may be handed on by themselves, without the model. */
class LoadedModel extends NativeModel implements ScoringModel {
  readonly score = (path: string, options?: ScoreOptions) => score(this, path, options);
  readonly scoreMany = (paths: Several<string>, options?: ScoreManyOptions) =>
    scoreMany(this, paths, options);
  readonly ask = (path: string, question: string, options?: InferOptions) =>
    ask(this, path, question, options);
}

const LOAD_OPTIONS: Names<LoadOptions> = {
  device: true,
  dtype: true,
  threads: true,
  slowfast: true,
  motion: true,
  adapter: true,
  onProgress: true,
};

/**
 * @param dir  a checkpoint folder, or "tiny" or "tiny-start" for the ones that come with the package; or the folder of a LoRA
 *   adapter, which opens the base that it names with the adapter on it.
 * @throws {EngineError} E_FORMAT for a checkpoint or an adapter that does not fit; E_NO_LIBTORCH, E_TORCH_VERSION; E_OPTION,
 *   also for an adapter whose base is not there.
 */
export async function loadModel(dir: string, options: LoadOptions = {}): Promise<ScoringModel> {
  return loadAfter(async () => {}, dir, options);
}

/**
 * As loadModel, for who knows already what will be asked of the model.
 *
 * @param look  refuses what the model's shape alone shows, before libtorch is looked for and a weight is read.
 */
export async function loadAfter(
  look: (shape: ModelShape) => Promise<void>,
  dir: string,
  options: LoadOptions,
): Promise<ScoringModel> {
  checkPath("dir", dir);
  checkOptions(options, LOAD_OPTIONS);
  const { slowfast, adapter, onProgress } = options;
  if (adapter !== undefined) checkPath("adapter", adapter);
  if (slowfast !== undefined) checkPath("slowfast", slowfast);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  const opened = await openWeights(shippedCheckpoint(dir) ?? dir, options, {
    look: (read) => look(new ModelShape(read)),
  });
  return new LoadedModel(opened);
}
