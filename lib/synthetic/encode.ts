/**
 * Real H.264: clips that share a quantiser go through one ffmpeg and one x264, each a closed group of pictures; cut into
 * one mp4 a clip, or decoded again at once. Knows nothing of how frames are painted.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EngineError } from "../core/errors.js";
import { FRAMES, RATE, SIDE } from "./geometry.js";

const QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin"];
const SIZE = ["-s", `${SIDE}x${SIDE}`, "-r", String(RATE)];

/** Bytes of a decoded clip: FRAMES frames of [SIDE, SIDE, 3]. */
export const RGB_BYTES = FRAMES * SIDE * SIDE * 3;

/** Paints one clip: planar 4:2:0 bytes of its frames end to end. Called once, when the encoder is ready for them. */
export type Painter = () => Uint8Array;

export interface EncodeOptions {
  /** The ffmpeg program. */
  readonly ffmpeg: string;
  /** x264's constant quantiser, 0..51. */
  readonly quantiser: number;
  readonly signal: AbortSignal;
}

/**
 * Arguments that encode raw frames from standard input. An IDR frame opens each clip and nothing looks across it, the
 * quantiser is constant and there is one thread: a clip's pictures do not depend on its neighbours in the batch.
 */
function encoder(quantiser: number): string[] {
  const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", ...SIZE, "-i", "pipe:0"];
  const x264 = `qp=${quantiser}:keyint=${FRAMES}:min-keyint=${FRAMES}:scenecut=0:open-gop=0:bframes=0:no-deblock=1:threads=1`;
  return [...QUIET, ...input, "-c:v", "libx264", "-preset", "veryfast", "-x264-params", x264];
}

/**
 * Writes clip i as an mp4 to `paths[i]`; each file appears whole, by a rename, when its batch is done.
 *
 * @param dir  folder on the disk of `paths`, for the files in the making.
 * @throws {EngineError} E_NO_FFMPEG when the program cannot be started; E_MEDIA when it fails.
 */
export async function encodeFiles(
  clips: readonly Painter[],
  paths: readonly string[],
  dir: string,
  options: EncodeOptions,
): Promise<void> {
  if (clips.length === 0) return;
  const making = await mkdtemp(join(dir, ".clips-"));
  try {
    // A cut after the last frame never comes, so one clip needs no other muxer.
    const cuts = clips.map((_, i) => (i + 1) * FRAMES).join(",");
    const muxer = "-f segment -segment_format mp4 -reset_timestamps 1 -segment_frames".split(" ");
    const program = start(options, [...encoder(options.quantiser), ...muxer, cuts, join(making, "%d.mp4")]);
    program.child.stdout.resume();
    await Promise.all([feed(program.child, clips), program.ended]);
    for (const [i, path] of paths.entries()) await rename(join(making, `${i}.mp4`), path);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/**
 * Encodes clips and decodes them again without a file between: the frames that reading their mp4 would give.
 *
 * @param onClip  called in order with the RGB bytes [FRAMES, SIDE, SIDE, 3] of each clip.
 * @throws {EngineError} as `encodeFiles`.
 */
export async function encodeAndDecode(
  clips: readonly Painter[],
  onClip: (index: number, rgb: Uint8Array) => void,
  options: EncodeOptions,
): Promise<void> {
  if (clips.length === 0) return;
  const packed = start(options, [...encoder(options.quantiser), "-f", "h264", "pipe:1"]);
  const output = ["-sws_flags", "bilinear", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"];
  const plain = start(options, [...QUIET, "-f", "h264", "-r", String(RATE), "-i", "pipe:0", ...output]);
  packed.child.stdout.pipe(plain.child.stdin);
  const collect = async () => {
    let clip = new Uint8Array(RGB_BYTES);
    let filled = 0;
    let index = 0;
    for await (const chunk of plain.child.stdout as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + RGB_BYTES - filled);
        clip.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < RGB_BYTES) continue;
        onClip(index++, clip);
        clip = new Uint8Array(RGB_BYTES);
        filled = 0;
      }
    }
    if (index !== clips.length || filled !== 0) {
      const message = `decoding ${clips.length} rendered clips gave ${index} and ${filled} bytes more`;
      throw new EngineError("E_MEDIA", message);
    }
  };
  await Promise.all([feed(packed.child, clips), packed.ended, plain.ended, collect()]);
}

interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Settles when the program has ended. */
  readonly ended: Promise<void>;
}

function start(options: EncodeOptions, args: readonly string[]): Program {
  options.signal.throwIfAborted();
  const child = spawn(options.ffmpeg, args, { signal: options.signal });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  // A broken pipe means that the program ended; its exit code says why.
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => {
      if (options.signal.aborted) reject(options.signal.reason);
      else
        reject(new EngineError("E_NO_FFMPEG", `cannot start ${options.ffmpeg}: ${cause.message}`, { cause }));
    });
    child.on("close", (code) => {
      const message = `ffmpeg ended with code ${code} while rendering clips: ${said.trim()}`;
      if (code === 0) resolve();
      else reject(new EngineError("E_MEDIA", message));
    });
  });
  return { child, ended };
}

/** Writes the clips to the program, each rendered only when the one before has been taken. */
async function feed(child: ChildProcessWithoutNullStreams, clips: readonly Painter[]): Promise<void> {
  function* rendered(): Generator<Uint8Array> {
    for (const clip of clips) yield clip();
  }
  try {
    await pipeline(rendered, child.stdin);
  } catch (error) {
    // A pipe that breaks means that the program ended; its exit code, awaited beside this, says why.
    if (!isPipeError(error)) throw error;
  }
}

function isPipeError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ABORT_ERR";
}
