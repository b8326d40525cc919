/** The result of scoring one video, whether it went well or not. */
import type { EngineError, ErrorCode } from "../core/errors.js";
import type { Scale } from "../data/scale.js";
import type { Clip, Model } from "../model/types.js";
import { type AnswerVariant, parseAnswer } from "../text/answer.js";

/** "unparsed": the model answered, but without a score; none is made up. */
export type ScoreStatus = "ok" | "unparsed" | "failed";

export interface VideoScore {
  /** As it was given. */
  readonly file: string;
  /** On `scale`; null unless the status is "ok". */
  readonly score: number | null;
  readonly scale: Scale;
  readonly status: ScoreStatus;
  /** The think block's text; null when there is none. */
  readonly reasoning: string | null;
  /** The answer block's text; null when there is none. */
  readonly answer: string | null;
  /** Of the frames that the model saw, seconds. */
  readonly frameTimes: number[];
  /** Decoding plus this video's share of its batch's generation. */
  readonly seconds: number;
  /** What the checkpoint wants said with its scores. */
  readonly notice?: string;
  /** With status "failed". */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

export interface AnsweredVideo {
  readonly file: string;
  readonly text: string;
  readonly clip: Clip;
  readonly seconds: number;
}

/**
 * What an answer says. A number that is not on the checkpoint's scale is no score, so it counts as unparsed, with the
 * answer to see; only the released reading keeps it, as the released evaluation does.
 */
export function answeredScore(
  model: Model,
  video: AnsweredVideo,
  variant: AnswerVariant | undefined,
): VideoScore {
  const parsed = parseAnswer(video.text, variant === undefined ? {} : { variant });
  const { reasoning, answer } = parsed;
  const { scale } = model.settings;
  const score = variant === "released" || isOn(scale, parsed.score) ? parsed.score : null;
  return {
    file: video.file,
    score,
    scale,
    status: score === null ? "unparsed" : "ok",
    reasoning,
    answer,
    frameTimes: [...video.clip.frameTimes],
    seconds: video.seconds,
    ...notice(model),
  };
}

function isOn({ min, max }: Scale, score: number | null): boolean {
  return score !== null && score >= min && score <= max;
}

export function failedScore(
  model: Model,
  file: string,
  { code, message }: EngineError,
  seconds: number,
): VideoScore {
  const nothing = {
    score: null,
    scale: model.settings.scale,
    status: "failed",
    reasoning: null,
    answer: null,
  } as const;
  return { file, ...nothing, frameTimes: [], seconds, ...notice(model), error: { code, message } };
}

function notice(model: Model): { notice?: string } {
  return model.settings.notice === null ? {} : { notice: model.settings.notice };
}
