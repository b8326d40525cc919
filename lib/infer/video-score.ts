/** The result of scoring one video, whether it went well or not. */
import { EngineError, type ErrorCode } from "../core/errors.js";
import type { Scale } from "../data/scale.js";
import { parseAnswer } from "../text/answer.js";
import type { Judgement, OpenedVideo, Scorer } from "./scorer.js";

/** "unparsed": an answer came, but without a score or choice; none is made up. */
export type ScoreStatus = "ok" | "unparsed" | "failed";

/** The result of one video. */
export interface VideoScore {
  /** As it was given. */
  readonly file: string;
  /** On `scale`; null unless the status is "ok". */
  readonly score: number | null;
  readonly scale: Scale;
  readonly status: ScoreStatus;
  /** The chosen option, where there was one to choose. */
  readonly choice?: string | undefined;
  /** The think block's text; null when there is none. */
  readonly reasoning: string | null;
  /** The answer block's text; null when there is none. */
  readonly answer: string | null;
  /** Of the frames that were looked at, seconds. */
  readonly frameTimes: number[];
  /** Decoding plus this video's share of its batch's answers. */
  readonly seconds: number;
  /** What the scorer wants said with its scores, and what must be said of this video. */
  readonly notice?: string | undefined;
  /** With status "failed". */
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
}

type Said = Pick<Scorer, "scale" | "notice">;

/** A judgement as a result; a number that is not finite is a failure of its video alone. */
export function videoScore(
  { scale, notice }: Said,
  file: string,
  { frameTimes, notice: ofVideo }: OpenedVideo,
  { number = null, text = null, choice = null }: Judgement,
  seconds: number,
): VideoScore {
  if (number !== null && !Number.isFinite(number)) {
    const message = `${file}: expected a finite number of the scorer, found ${number}`;
    return failedScore({ scale, notice }, file, new EngineError("E_NUMERIC", message), seconds);
  }
  const { reasoning, answer } = parseAnswer(text ?? "");
  const status: ScoreStatus = number === null && choice === null ? "unparsed" : "ok";
  const said = { score: number, scale, status, reasoning, answer };
  const notices = [notice, ofVideo].filter((one) => one !== undefined);
  const result = {
    file,
    ...said,
    frameTimes: [...frameTimes],
    seconds,
    notice: notices.length > 0 ? notices.join(" ") : undefined,
  };
  return choice === null ? result : { ...result, choice };
}

/** What a result says of its video alone: its scorer's notice is said once for many. */
export function noticeOfVideo(
  { notice = "" }: Pick<VideoScore, "notice">,
  ofScorer: string | null,
): string | null {
  const own = ofScorer !== null && notice.startsWith(ofScorer) ? notice.slice(ofScorer.length) : notice;
  return own.trim() || null;
}

export function failedScore(
  { scale, notice }: Said,
  file: string,
  { code, message }: EngineError,
  seconds: number,
): VideoScore {
  const nothing = { score: null, scale, status: "failed", reasoning: null, answer: null } as const;
  return { file, ...nothing, frameTimes: [], seconds, notice, error: { code, message } };
}
