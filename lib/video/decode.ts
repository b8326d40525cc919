/** Decodes chosen frames of a video, one at a time. Knows nothing of clips, sizes or models. */
import { checkInteger } from "../core/check.js";
import { runFfmpeg } from "./ffmpeg-command.js";
import { FrameSink, type OnFrame } from "./frame-sink.js";
import { mediaError } from "./media-file.js";
import { SECONDS_APART, toRgb } from "./picture-filters.js";
import type { VideoFacts } from "./probe.js";
import { findStretches } from "./seek.js";
import { batches, seekOptions, stretchGraph } from "./seek-command.js";
import { ffmpegTakes } from "./tools.js";

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
  const run: Run = { facts, wanted, onFrame, signal: options.signal };
  const sought = await decodeStretches(run);
  if (sought < wanted.size) await decodeFromStart(run, sought);
}

interface Run {
  readonly facts: VideoFacts;
  /** Frame number → places in the plan, by rising frame number. */
  readonly wanted: ReadonlyMap<number, readonly number[]>;
  readonly onFrame: OnFrame;
  readonly signal: AbortSignal | undefined;
}

/**
 * Few frames of a long video, by seeks to the key packets before them.
 *
 * @returns  how many came, in order; those that did not are to be decoded from the start.
 */
async function decodeStretches({ facts, wanted, onFrame, signal }: Run): Promise<number> {
  const stretches = await findStretches(facts, [...wanted.keys()]);
  if (stretches === null) return 0;
  const own = await inputOptions();
  const places = [...wanted.values()];
  let done = 0;
  for (const batch of batches(facts, stretches)) {
    const frames = batch.reduce((sum, { ticks }) => sum + ticks.length, 0);
    const sink = new FrameSink(facts, places.slice(done, done + frames), onFrame, done);
    const report = await runFfmpeg({
      input: facts.path,
      openings: batch.map(({ seconds }) => [...own, ...seekOptions(seconds)]),
      outputOptions: [
        "-filter_complex",
        stretchGraph(facts, batch, done),
        ...OUTPUT,
        "-map",
        "[all]",
        "-frames:v",
        `${frames}`,
      ],
      output: sink,
      signal,
    });
    signal?.throwIfAborted();
    if (sink.failure !== null) throw sink.failure.error;
    refuseLost(facts, report.lines);
    done += sink.delivered;
    if (sink.delivered < frames) break;
  }
  return done;
}

/** @param done  frames that need not come again. */
async function decodeFromStart({ facts, wanted, onFrame, signal }: Run, done: number): Promise<void> {
  const frames = [...wanted.keys()].slice(done);
  const sink = new FrameSink(facts, [...wanted.values()].slice(done), onFrame);
  const filters = `select=${chosen(frames)},settb=1,setpts=${SECONDS_APART}*N`;
  const report = await runFfmpeg({
    input: facts.path,
    openings: [await inputOptions()],
    outputOptions: [
      "-map",
      `0:${facts.stream}`,
      "-vf",
      `${filters},${toRgb(facts)}`,
      ...OUTPUT,
      "-frames:v",
      `${frames.length}`,
    ],
    output: sink,
    signal,
  });
  signal?.throwIfAborted();
  if (sink.failure !== null) throw sink.failure.error;
  refuseLost(facts, report.lines);
  if (sink.delivered === frames.length) return;
  const words =
    report.lines.findLast((line) => !EMPTY_WORDS.test(line)) ??
    report.error?.message ??
    "ffmpeg said nothing";
  const problem = `frame ${frames[sink.delivered]} of ${facts.times.length} could not be decoded: ${words}`;
  throw mediaError(facts.path, problem, report.error);
}

/**
 * Those at the beginning that are known to be lost are not counted, nor is anything where packets do not number frames.
 *
 * @throws {EngineError} E_MEDIA.
 */
function refuseLost(facts: VideoFacts, lines: readonly string[]): void {
  const unknown = lines.filter((line) => LOST_PACKET.test(line)).slice(facts.lost);
  const lost = facts.packets === null ? undefined : unknown[0];
  if (lost === undefined) return;
  throw mediaError(facts.path, `a packet could not be decoded, so that frame numbers are lost: ${lost}`);
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

const OUTPUT = ["-sws_flags", "bilinear", "-r", `1/${SECONDS_APART}`, "-f", "rawvideo"];

/** An expression that is true for these frame numbers; nested by halves, because ffmpeg limits its depth. */
function chosen(frames: readonly number[]): string {
  const first = frames[0] ?? 0;
  const last = frames.at(-1) ?? 0;
  if (last - first + 1 === frames.length) return `between(n\\,${first}\\,${last})`;
  const half = frames.length >> 1;
  return `(${chosen(frames.slice(0, half))}+${chosen(frames.slice(half))})`;
}
