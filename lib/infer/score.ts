/** Scores one video. */
import { checkPath } from "../core/check.js";
import { checkOptions } from "../core/known-options.js";
import type { Model } from "../model/types.js";
import { modelScorer } from "./model-scorer.js";
import type { Judgement } from "./scorer.js";
import { SCORE_OPTIONS, type ScoreOptions } from "./session.js";
import { type VideoScore, videoScore } from "./video-score.js";

/**
 * Score, scale, reasoning and the times of the frames that the model saw; greedy unless asked.
 *
 * @throws {EngineError} E_MEDIA when the video cannot be read; E_OPTION; the signal's reason after an abort.
 */
export async function score(model: Model, path: string, options: ScoreOptions = {}): Promise<VideoScore> {
  checkPath("path", path);
  checkOptions(options, SCORE_OPTIONS);
  const start = performance.now();
  const scorer = modelScorer(model, options);
  const clip = await scorer.open(path, options.signal);
  try {
    const [judgement] = await scorer.score([clip], options.signal);
    return videoScore(scorer, path, clip, judgement as Judgement, (performance.now() - start) / 1000);
  } finally {
    clip.dispose();
  }
}
