/** What judges videos: a model, a measure without weights, anything of a user's own. Interfaces only. */
import type { Scale } from "../data/scale.js";
import type { ExpectedScore } from "./expected.js";

/** What is said of one video. */
export interface Judgement {
  /** On the scorer's scale; null when it says none. */
  readonly number: number | null;
  /** All that was written; null for a scorer that writes nothing. */
  readonly text: string | null;
  /** The option that was chosen; null where there was none to choose. */
  readonly choice: string | null;
  /** Of a scorer that gives it; null where it cannot be read. */
  readonly expected?: ExpectedScore | null | undefined;
}

/** A video as its scorer wants it: a clip, frames that are measured already, whatever it opens itself. */
export interface OpenedVideo {
  /** Of the frames that are looked at, seconds. */
  readonly frameTimes: Float64Array;
  /** What must be said of this video. */
  readonly notice?: string | undefined;
  /** Gives back what it holds; called once, when it was judged. */
  dispose(): void;
}

/** What judges videos: a model, or a measure of frames. */
export interface Scorer<Video extends OpenedVideo = OpenedVideo> {
  /** Ends of the scale that its numbers are on; an open end is infinite. */
  readonly scale: Scale;
  /** What must be said with its numbers. */
  readonly notice?: string | undefined;
  /** Does it judge by `expected`, too? Then every result has one, null or not. Default false. */
  readonly givesExpected?: boolean | undefined;
  /**
   * @throws {EngineError} E_MEDIA when this video cannot be read, or E_NUMERIC when it has no finite number, which is its own
   *   failure and no other's.
   */
  open(path: string, signal?: AbortSignal): Promise<Video>;
  /** One judgement per video, in order; none depends on the others of its batch. */
  score(videos: readonly Video[], signal?: AbortSignal): Promise<readonly Judgement[]>;
}
