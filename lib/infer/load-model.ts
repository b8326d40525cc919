/** Opens a checkpoint as a model that scores and answers: the package's front door. */

import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { openModel } from "../model/model.js";
import type { LoadOptions, Model } from "../model/types.js";
import { ask, type Reply } from "./ask.js";
import { score } from "./score.js";
import { type ScoreManyOptions, scoreMany } from "./score-many.js";
import type { InferOptions } from "./session.js";
import type { VideoScore } from "./video-score.js";

export interface ScoringModel extends Model {
  score(path: string, options?: InferOptions): Promise<VideoScore>;
  scoreMany(paths: Iterable<string>, options?: ScoreManyOptions): AsyncIterable<VideoScore>;
  ask(path: string, question: string, options?: InferOptions): Promise<Reply>;
}

/**
 * @param dir  a checkpoint folder, or "tiny" or "tiny-start" for the ones that come with the package.
 * @throws {EngineError} E_FORMAT for a checkpoint that does not fit; E_NO_LIBTORCH, E_TORCH_VERSION; E_OPTION.
 */
export async function loadModel(dir: string, options: LoadOptions = {}): Promise<ScoringModel> {
  const model = await openModel(shippedCheckpoint(dir) ?? dir, options);
  return Object.assign(model, {
    score: (path: string, given?: InferOptions) => score(model, path, given),
    scoreMany: (paths: Iterable<string>, given?: ScoreManyOptions) => scoreMany(model, paths, given),
    ask: (path: string, question: string, given?: InferOptions) => ask(model, path, question, given),
  });
}
