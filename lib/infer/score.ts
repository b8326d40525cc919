/** Scores one video. */
import type { Model } from "../model/types.js";
import { answerAll, clipPlan, type InferOptions, promptFor } from "./session.js";
import { answeredScore, type VideoScore } from "./video-score.js";

/**
 * Score, scale, reasoning and the times of the frames that the model saw; greedy unless asked.
 *
 * @throws {EngineError} E_MEDIA when the video cannot be read; E_OPTION; the signal's reason after an abort.
 */
export async function score(model: Model, path: string, options: InferOptions = {}): Promise<VideoScore> {
  const start = performance.now();
  const clip = await model.openClip(path, clipPlan(model, options));
  try {
    const [text = ""] = await answerAll(model, [promptFor(model, clip, options)], options);
    return answeredScore(
      model,
      { file: path, clip, text, seconds: (performance.now() - start) / 1000 },
      options.variant,
    );
  } finally {
    clip.dispose();
  }
}
