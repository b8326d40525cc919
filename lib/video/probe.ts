/** Facts of a video file, from one ffprobe call that walks its packets. Decodes nothing. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { noSuchFile } from "../core/absent.js";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import type { PacketOrder } from "./decord-walk.js";
import { OWN_PICTURES, refusedFormat } from "./formats.js";
import { isHidden, packetOrder, presentationTimes } from "./packets.js";
import { underPlainName } from "./plain-name.js";
import { findTool } from "./tools.js";

export interface VideoFacts {
  /** Absolute. */
  readonly path: string;
  /** Packets of the first video stream, also those that an edit list hides: what decord counts as frames. */
  readonly frameCount: number;
  /** [shown], rising: presentation time of each frame that is shown, seconds. Fewer than frameCount where some are hidden. */
  readonly times: Float64Array;
  /** Size as shown, after rotation, pixels. */
  readonly width: number;
  readonly height: number;
  /** Clockwise turn that is asked for, degrees; another angle than these is not applied. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** What decordFrames needs; null where the frames of a plan are those in presentation order. */
  readonly packets: PacketOrder | null;
}

/** ffmpeg decodes no larger picture. */
const MOST_PIXELS = 2 ** 28;
/** 64 bits hold them. */
const ticks = z
  .number()
  .min(-(2 ** 63))
  .max(2 ** 63)
  .optional();
const fraction = z
  .string()
  .regex(/^-?\d{1,10}\/-?\d{1,10}$/)
  .optional();

const streamSchema = z
  .object({
    width: z.int().positive().optional(),
    height: z.int().positive().optional(),
    avg_frame_rate: fraction,
    time_base: fraction,
    start_pts: ticks,
    tags: z.record(z.string(), z.string()).optional(),
    side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
  })
  .refine(({ width = 1, height = 1 }) => width * height < MOST_PIXELS, "larger than can be decoded");

/** What ffprobe writes, as far as it is used. */
const outputSchema = z.object({
  packets: z.array(z.object({ pts: ticks, dts: ticks, flags: z.string().optional() })).default([]),
  streams: z.array(streamSchema).default([]),
  format: z.object({ format_name: z.string().default("") }).prefault({}),
});

const ENTRIES = [
  "packet=pts,dts,flags",
  "stream=width,height,avg_frame_rate,time_base,start_pts",
  "stream_tags",
  "stream_side_data=rotation",
  "format=format_name",
].join(":");

/**
 * @throws {EngineError} E_MEDIA naming the file when it is missing, unreadable, holds no video frame, or lists other
 *                       files instead, as playlists do; E_NO_FFMPEG; E_UNAVAILABLE where its name needs a link that
 *                       cannot be made.
 */
export async function probeVideo(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<VideoFacts> {
  const file = resolve(path);
  await checkFile(file);
  return factsOf(await underPlainName(file, (name) => runProbe(file, name, options.signal)), file);
}

/**
 * Facts out of what ffprobe wrote.
 *
 * @throws {EngineError} E_MEDIA.
 */
export function factsOf(output: string, file: string): VideoFacts {
  const { packets: all, streams, format } = parsed(output, file);
  const [stream] = streams;
  if (stream?.width === undefined || stream.height === undefined)
    throw mediaError(file, refusedFormat(file) ?? "expected a video stream, found none");
  const shown = all.filter((packet) => !isHidden(packet));
  if (shown.length === 0) throw mediaError(file, "expected at least one video frame, found none");
  const rotation = rotationOf(stream);
  const turned = rotation === 90 || rotation === 270;
  return {
    path: file,
    frameCount: all.length,
    times: presentationTimes(shown, stream),
    width: turned ? stream.height : stream.width,
    height: turned ? stream.width : stream.height,
    rotation,
    packets: packetOrder(all, format.format_name),
  };
}

function parsed(output: string, file: string): z.output<typeof outputSchema> {
  try {
    return outputSchema.parse(JSON.parse(output));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const problem =
      issue === undefined ? (error as Error).message : `${issue.path.join(".")}: ${issue.message}`;
    throw mediaError(file, `what ffprobe says of it does not fit: ${printable(problem)}`, error);
  }
}

export function mediaError(file: string, what: string, cause?: unknown): EngineError {
  return new EngineError("E_MEDIA", `${file}: ${what}`, { details: { file }, cause });
}

/** @throws {EngineError} E_MEDIA when it is missing, unreadable, empty or a directory. */
export async function checkFile(file: string): Promise<void> {
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw mediaError(file, noSuchFile(file), cause);
    throw mediaError(file, `cannot be opened (${(cause as Error).message})`, cause);
  }
  if (facts.isDirectory()) throw mediaError(file, "expected a file, found a directory");
  if (facts.size === 0) throw mediaError(file, "expected a video or an image, found an empty file");
}

/** @param name  what ffprobe is to open: the file, under its own name or another. */
function runProbe(file: string, name: string, signal: AbortSignal | undefined): Promise<string> {
  const shown = ["-select_streams", "V:0", "-show_entries", ENTRIES, "-of", "json=compact=1"];
  const args = ["-v", "error", ...OWN_PICTURES, ...shown, name];
  const options = { maxBuffer: 1 << 30, killSignal: "SIGKILL", signal } as const;
  const program = findTool("ffprobe");
  return new Promise((settle, reject) => {
    signal?.throwIfAborted();
    execFile(program, args, options, (error, stdout, stderr) => {
      const said = stderr.replaceAll(name, file);
      if (signal?.aborted) reject(signal.reason);
      else if (error !== null) {
        const words = `ffprobe cannot read it: ${lastLine(said) || error.message}`;
        reject(mediaError(file, refusedFormat(file, said) ?? words, error));
      } else if (said.includes("partial file"))
        reject(mediaError(file, `the file is cut short: ${lastLine(said)}`));
      else settle(stdout);
    });
  });
}

export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? "";
}

/** As decord takes it: the tag "rotate", else the display matrix, whose angle runs the other way. */
function rotationOf({
  tags = {},
  side_data_list: sideData = [],
}: z.output<typeof streamSchema>): VideoFacts["rotation"] {
  const tag = Object.entries(tags).find(([name]) => name.toLowerCase() === "rotate")?.[1];
  const matrix = sideData.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
  const angle = Math.trunc((((Number.parseFloat(tag ?? "") || -matrix) % 360) + 360) % 360);
  return angle === 90 || angle === 180 || angle === 270 ? angle : 0;
}
