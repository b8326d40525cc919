/** Decodes chosen frames of a video, one at a time. Knows nothing of clips, sizes or models. */
import { Writable } from "node:stream";
import { checkInteger } from "../core/check.js";
import { runFfmpeg } from "./ffmpeg-command.js";
import { mediaError } from "./media-file.js";
import { toRgb } from "./picture-filters.js";
import type { VideoFacts } from "./probe.js";
import { ffmpegTakes } from "./tools.js";

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
 * The picture is not turned by ffmpeg's own rules, and a change of format inside the stream does not begin the filters,
 * and with them the count of frames, anew. One thread, as decord is asked for: how a damaged frame is repaired
 * depends on threads, and each thread would hold frames of its own.
 */
const INPUT_OPTIONS = ["-noautorotate", "-reinit_filter", "0", "-filter_threads", "1", "-threads", "1"];

/**
 * A crop that the container asks for (clean aperture) is left out, as decord does; ffmpeg before 7.1 knows of none. The
 * stream's own crop is part of the picture.
 */
async function inputOptions(): Promise<string[]> {
  const crop = (await ffmpegTakes("apply_cropping")) ? ["-apply_cropping", "codec"] : [];
  return [...INPUT_OPTIONS, ...crop];
}

/** What ffmpeg says, before and since its version 6, of a packet that gave no frame. */
const LOST_PACKET = /Error while decoding stream|Error submitting packet to decoder/;

/** Newer versions end with it, whatever the reason was. */
const EMPTY_WORDS = /Nothing was written into output file/;

/**
 * ffmpeg keeps the output's rate by doubling and dropping frames. Frames that are newly timed, one for each period of a
 * rate so slow that no frame lasts longer, all pass once, in every version of ffmpeg.
 */
const SECONDS_APART = 100_000;

/**
 * Decodes the frames of a plan and hands them to `onFrame`, by rising frame number; a frame that the plan
 * names twice is decoded once and handed over twice. Only these frames are converted to RGB, with
 * swscale's bilinear flag as decord does; rotation is applied; ffmpeg stops after the last one and waits
 * while `onFrame` works.
 *
 * @param indices  numbers of shown frames in presentation order, in [0, facts.times.length), in any order.
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
    inputOptions: await inputOptions(),
    outputOptions: outputOptions(facts, [...wanted.keys()]),
    output: sink,
    signal: options.signal,
  });
  options.signal?.throwIfAborted();
  if (sink.failure !== null) throw sink.failure.error;
  // Those at the beginning that are known to be lost are not counted, nor is anything where packets do not number frames.
  const unknown = report.lines.filter((line) => LOST_PACKET.test(line)).slice(facts.lost);
  const lost = facts.packets === null ? undefined : unknown[0];
  if (lost !== undefined)
    throw mediaError(facts.path, `a packet could not be decoded, so that frame numbers are lost: ${lost}`);
  if (sink.delivered === wanted.size) return;
  const missing = [...wanted.keys()][sink.delivered];
  const words =
    report.lines.findLast((line) => !EMPTY_WORDS.test(line)) ??
    report.error?.message ??
    "ffmpeg said nothing";
  const problem = `frame ${missing} of ${facts.times.length} could not be decoded: ${words}`;
  throw mediaError(facts.path, problem, report.error);
}

/** Frame number → places in the plan, by rising frame number. */
function positionsByFrame(facts: VideoFacts, indices: ArrayLike<number>): Map<number, number[]> {
  const frames = Array.from(indices, (index, i) =>
    checkInteger(`indices[${i}]`, index, 0, facts.times.length - 1),
  );
  const wanted = new Map([...new Set(frames)].sort((a, b) => a - b).map((frame) => [frame, [] as number[]]));
  for (const [position, frame] of frames.entries()) wanted.get(frame)?.push(position);
  return wanted;
}

function outputOptions(facts: VideoFacts, frames: readonly number[]): string[] {
  const filters = `select=${chosen(frames)},settb=1,setpts=${SECONDS_APART}*N`;
  const output = {
    "-map": `0:${facts.stream}`,
    "-vf": `${filters},${toRgb(facts)}`,
    "-sws_flags": "bilinear",
    "-r": `1/${SECONDS_APART}`,
    "-frames:v": String(frames.length),
    "-f": "rawvideo",
  };
  return Object.entries(output).flat();
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
