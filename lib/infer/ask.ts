/** Puts a question of the user's own to one video. */
import { checkPath } from "../core/check.js";
import { checkOptions } from "../core/known-options.js";
import type { Model } from "../model/types.js";
import { parseAnswer } from "../text/answer.js";
import { answerAll, clipPlan, INFER_OPTIONS, type InferOptions, promptFor } from "./session.js";

/** What the model answered to a question of one's own. */
export interface Reply {
  /** All that the model wrote. */
  readonly text: string;
  /** The answer block's content; the whole text, trimmed, when there is none. */
  readonly answer: string;
}

/**
 * @param options  template, sampling and frames; a question of their own gives way to this one.
 * @throws {EngineError} E_MEDIA when the video cannot be read; E_OPTION; the signal's reason after an abort.
 */
export async function ask(
  model: Model,
  path: string,
  question: string,
  options: InferOptions = {},
): Promise<Reply> {
  checkPath("path", path);
  checkOptions(options, INFER_OPTIONS);
  const clip = await model.openClip(path, clipPlan(model, options));
  try {
    const [written] = await answerAll(model, [promptFor(model, clip, options, question)], options);
    const { text = "" } = written ?? {};
    return { text, answer: parseAnswer(text).answer ?? text.trim() };
  } finally {
    clip.dispose();
  }
}
