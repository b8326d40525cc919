/** The result of scoring one video, whether it went well or not. */
import { EngineError, type ErrorCode } from "../core/errors.js";
import type { Scale } from "../data/scale.js";
import { parseAnswer } from "../text/answer.js";
import type { ExpectedScore } from "./expected.js";
import type { Judgement, OpenedVideo, Scorer } from "./scorer.js";

/** "unparsed": an answer came, but without a score or choice; none is made up. */
export type ScoreStatus = "ok" | "unparsed" | "failed";

/** The result of one video. */
export interface VideoScore {
  /** As it was given. */
  readonly file: string;
  /** On `scale`; null unless the status is "ok". */
  readonly score: number | null;
  /** Where it was asked for: the mean of the numbers that could stand in the answer, on `scale`; null where none can be read. */
  readonly expected?: number | null | undefined;
  /** The probability of all those numbers together, in [0, 1]; null where `expected` is. */
  readonly expectedMass?: number | null | undefined;
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

type Said = Pick<Scorer, "scale" | "notice" | "givesExpected">;

/** A judgement as a result; a number that is not finite is a failure of its video alone. */
export function videoScore(
  scorer: Said,
  file: string,
  { frameTimes, notice: ofVideo }: OpenedVideo,
  { number = null, text = null, choice = null, expected = null }: Judgement,
  seconds: number,
): VideoScore {
  const { scale, notice } = scorer;
  const odd = [number, expected?.value].find((value) => typeof value === "number" && !Number.isFinite(value));
  if (odd !== undefined) {
    const message = `${file}: expected a finite number of the scorer, found ${odd}`;
    return failedScore(scorer, file, new EngineError("E_NUMERIC", message), seconds);
  }
  const { reasoning, answer } = parseAnswer(text ?? "");
  const status: ScoreStatus = number === null && choice === null ? "unparsed" : "ok";
  const said = { score: number, ...expectedOf(scorer, expected), scale, status, reasoning, answer };
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

function expectedOf(
  { givesExpected }: Said,
  expected: ExpectedScore | null,
): Pick<VideoScore, "expected" | "expectedMass"> {
  return givesExpected ? { expected: expected?.value ?? null, expectedMass: expected?.mass ?? null } : {};
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
  scorer: Said,
  file: string,
  { code, message }: EngineError,
  seconds: number,
): VideoScore {
  const { scale, notice } = scorer;
  const nothing = { scale, status: "failed", reasoning: null, answer: null } as const;
  return {
    file,
    score: null,
    ...expectedOf(scorer, null),
    ...nothing,
    frameTimes: [],
    seconds,
    notice,
    error: { code, message },
  };
}
