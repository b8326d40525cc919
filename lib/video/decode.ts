/** Decodes chosen frames of a video, one at a time. Knows nothing of clips, sizes or models. */
import { Writable } from "node:stream";
import { checkInteger } from "../core/check.js";
import { runFfmpeg } from "./ffmpeg-command.js";
import { mediaError, type VideoFacts } from "./probe.js";

/**
 * Takes one frame: RGB bytes [height, width, 3], valid until the returned promise settles.
 *
 * @param position  place in the plan, not in the video.
 */
export type OnFrame = (
  position: number,
  rgb: Uint8Array,
  width: number,
  height: number,
) => void | Promise<void>;

/**
 * Decodes the frames of a plan and hands them to `onFrame`, by rising frame number; a frame that the plan
 * names twice is decoded once and handed over twice. Only these frames are converted to RGB, with
 * swscale's bilinear flag as decord does; rotation is applied; ffmpeg stops after the last one and waits
 * while `onFrame` works.
 *
 * @param indices  frame numbers in [0, facts.frameCount), in any order.
 * @throws {EngineError} E_MEDIA naming the file, with ffmpeg's last words, when a frame does not come;
 *                       E_NO_FFMPEG; whatever `onFrame` throws; the signal's reason after an abort.
 */
export async function decodeFrames(
  facts: VideoFacts,
  indices: ArrayLike<number>,
  onFrame: OnFrame,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const wanted = positionsByFrame(facts, indices);
  options.signal?.throwIfAborted();
  const sink = new FrameSink(facts, [...wanted.values()], onFrame);
  const report = await runFfmpeg({
    input: facts.path,
    inputOptions: facts.ignoresEditList ? ["-ignore_editlist", "1"] : [],
    outputOptions: outputOptions(facts, [...wanted.keys()]),
    output: sink,
    signal: options.signal,
  });
  options.signal?.throwIfAborted();
  if (sink.failure !== null) throw sink.failure.error;
  if (sink.delivered === wanted.size) return;
  const missing = [...wanted.keys()][sink.delivered];
  const words = report.lines.at(-1) ?? report.error?.message ?? "ffmpeg said nothing";
  throw mediaError(
    facts.path,
    `frame ${missing} of ${facts.frameCount} could not be decoded: ${words}`,
    report.error,
  );
}

/** Frame number → places in the plan, by rising frame number. */
function positionsByFrame(facts: VideoFacts, indices: ArrayLike<number>): Map<number, number[]> {
  const frames = Array.from(indices, (index, i) =>
    checkInteger(`indices[${i}]`, index, 0, facts.frameCount - 1),
  );
  const wanted = new Map([...new Set(frames)].sort((a, b) => a - b).map((frame) => [frame, [] as number[]]));
  for (const [position, frame] of frames.entries()) wanted.get(frame)?.push(position);
  return wanted;
}

function outputOptions(facts: VideoFacts, frames: readonly number[]): string[] {
  // New times, one apart, at the rate that the output is told: no frame is then doubled or dropped to keep time.
  const filter = `select=${chosen(frames)},settb=1/25,setpts=N,scale=${facts.width}:${facts.height}:flags=bilinear,format=rgb24`;
  return [
    "-map",
    "0:V:0",
    "-vf",
    filter,
    "-sws_flags",
    "bilinear",
    "-r",
    "25",
    "-frames:v",
    String(frames.length),
    "-f",
    "rawvideo",
  ];
}

/** An expression that is true for these frame numbers; nested by halves, because ffmpeg limits its depth. */
function chosen(frames: readonly number[]): string {
  const first = frames[0] ?? 0;
  const last = frames.at(-1) ?? 0;
  if (last - first + 1 === frames.length) return `between(n\\,${first}\\,${last})`;
  const half = frames.length >> 1;
  return `(${chosen(frames.slice(0, half))}+${chosen(frames.slice(half))})`;
}

/** Cuts ffmpeg's byte stream into frames; the next byte is taken when `onFrame` is done. */
class FrameSink extends Writable {
  delivered = 0;
  failure: { error: unknown } | null = null;
  readonly #facts: VideoFacts;
  readonly #places: readonly number[][];
  readonly #onFrame: OnFrame;
  readonly #frame: Uint8Array;
  #filled = 0;

  constructor(facts: VideoFacts, places: readonly number[][], onFrame: OnFrame) {
    super();
    this.#facts = facts;
    this.#places = places;
    this.#onFrame = onFrame;
    this.#frame = new Uint8Array(facts.width * facts.height * 3);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(
      () => done(),
      (error: unknown) => {
        this.failure = { error };
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  async #take(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#frame.length) return;
      for (const position of this.#places[this.delivered] ?? []) {
        await this.#onFrame(position, this.#frame, this.#facts.width, this.#facts.height);
      }
      this.delivered++;
      this.#filled = 0;
    }
  }
}
