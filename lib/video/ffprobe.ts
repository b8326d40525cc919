/** The only door to ffprobe: what it says of a file, checked before it is used. Chooses and decides nothing. */
import { execFile } from "node:child_process";
import { z } from "zod";
import { readStart, withFile } from "../core/byte-source.js";
import { disguise } from "../core/disguise.js";
import { printable } from "../core/refuse.js";
import { DRAWING, isDrawing, OWN_PICTURES, refusedFormat } from "./formats.js";
import { mediaError } from "./media-file.js";
import { underPlainName } from "./plain-name.js";
import { findTool } from "./tools.js";

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
const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
  .optional();

const packetSchema = z.object({
  stream_index: z.int().nonnegative(),
  pts: ticks,
  dts: ticks,
  size: count,
  pos: count,
  flags: z.string().optional(),
});

const streamSchema = z
  .object({
    index: z.int().nonnegative(),
    codec_name: z.string().default(""),
    // 0 where nothing in the file tells it.
    width: z.int().nonnegative().optional(),
    height: z.int().nonnegative().optional(),
    color_space: z.string().optional(),
    avg_frame_rate: fraction,
    time_base: fraction,
    start_pts: ticks,
    bit_rate: count,
    tags: z.record(z.string(), z.string()).optional(),
    side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
  })
  .refine(({ width = 1, height = 1 }) => width * height < MOST_PIXELS, "larger than can be decoded");

const walkSchema = z.object({
  packets: z.array(packetSchema).default([]),
  streams: z.array(streamSchema).default([]),
  format: z.object({ format_name: z.string().default("") }).prefault({}),
});

const pictureSchema = z.object({
  frames: z.array(z.object({ best_effort_timestamp: ticks })).default([]),
});

/** One packet; times in ticks of its stream, size and place in the file in bytes. */
export type Packet = z.output<typeof packetSchema>;
/** One video stream as the container describes it. */
export type VideoStream = z.output<typeof streamSchema>;
/** Every video stream of a file that is no cover, and all their packets in the order of the file. */
export type PacketWalk = z.output<typeof walkSchema>;

const ENTRIES = [
  "packet=stream_index,pts,dts,size,pos,flags",
  "stream=index,codec_name,width,height,color_space,avg_frame_rate,time_base,start_pts,bit_rate",
  "stream_tags",
  "stream_side_data=rotation",
  "format=format_name",
].join(":");

/**
 * Reads the whole file and decodes nothing.
 *
 * @throws {EngineError} E_MEDIA naming the file, also for a drawing, which ffprobe would draw; E_NO_FFMPEG; E_UNAVAILABLE.
 */
export async function walkPackets(file: string, signal: AbortSignal | undefined): Promise<PacketWalk> {
  if (isDrawing(await startOf(file))) throw mediaError(file, DRAWING);
  return readWalk(await runFfprobe(file, ["-select_streams", "V", "-show_entries", ENTRIES], signal), file);
}

/** @throws {EngineError} E_MEDIA. */
export function readWalk(output: string, file: string): PacketWalk {
  return checked(walkSchema, output, file);
}

/**
 * Decodes a stream as ffmpeg does.
 *
 * @param packets  how many from the beginning on; null decodes all.
 * @returns        [pictures]: time of each picture in the order in which the decoder gives them, ticks; undefined where
 *                 there is none.
 * @throws {EngineError} E_MEDIA naming the file; E_NO_FFMPEG.
 */
export async function decodedTicks(
  file: string,
  stream: number,
  packets: number | null,
  signal: AbortSignal | undefined,
): Promise<(number | undefined)[]> {
  const part = packets === null ? [] : ["-read_intervals", `%+#${packets}`];
  const shown = ["-select_streams", `${stream}`, "-show_entries", "frame=best_effort_timestamp"];
  return readTicks(await runFfprobe(file, ["-threads", "1", ...part, ...shown], signal), file);
}

/** @throws {EngineError} E_MEDIA. */
export function readTicks(output: string, file: string): (number | undefined)[] {
  return checked(pictureSchema, output, file).frames.map((picture) => picture.best_effort_timestamp);
}

function checked<T extends z.ZodType>(schema: T, output: string, file: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(output));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const problem =
      issue === undefined ? (error as Error).message : `${issue.path.join(".")}: ${issue.message}`;
    throw mediaError(file, `what ffprobe says of it does not fit: ${printable(problem)}`, error);
  }
}

function runFfprobe(
  file: string,
  shown: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  return underPlainName(file, (name) => run(file, name, shown, signal));
}

/** @param name  what ffprobe is to open: the file, under its own name or another. */
function run(
  file: string,
  name: string,
  shown: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const args = ["-v", "error", ...OWN_PICTURES, ...shown, "-of", "json=compact=1", name];
  const options = { maxBuffer: 1 << 30, killSignal: "SIGKILL", signal } as const;
  const program = findTool("ffprobe");
  return new Promise((settle, reject) => {
    signal?.throwIfAborted();
    execFile(program, args, options, (error, stdout, stderr) => {
      // The file is named by who tells of it.
      const said = stderr.replaceAll(`${name}: `, "").replaceAll(name, file);
      if (signal?.aborted) reject(signal.reason);
      else if (error !== null) {
        const cannot = `ffprobe cannot read it: ${lastLine(said) || error.message}`;
        void whyUnreadable(file, said).then((words) => reject(mediaError(file, words ?? cannot, error)));
      } else if (said.includes("partial file"))
        reject(mediaError(file, `the file is cut short: ${lastLine(said)}`));
      else settle(stdout);
    });
  });
}

/** What a file is that ffprobe did not take; null where neither ffprobe's words nor its first bytes tell. */
async function whyUnreadable(file: string, said: string): Promise<string | null> {
  return refusedFormat(file, said, disguise(await startOf(file)));
}

/** The first bytes; none where they cannot be read, which ffprobe tells better. */
function startOf(file: string): Promise<Uint8Array> {
  return withFile(file, readStart).catch(() => new Uint8Array());
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? "";
}
