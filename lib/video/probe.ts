/** Facts of a video file, from one ffprobe call that walks its packets. Decodes nothing. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import { findTool } from "./tools.js";

export interface VideoFacts {
  /** Absolute. */
  readonly path: string;
  /** Packets of the first video stream: frames in presentation order are numbered by them. */
  readonly frameCount: number;
  /** [frameCount], rising: presentation time of each frame, seconds. */
  readonly times: Float64Array;
  /** Size as shown, after rotation, pixels. */
  readonly width: number;
  readonly height: number;
  /** True when an edit list hides frames that the count includes, so that decoding must ignore the list. */
  readonly ignoresEditList: boolean;
}

interface ProbeOutput {
  readonly packets?: { readonly pts_time?: string; readonly dts_time?: string; readonly flags?: string }[];
  readonly streams?: {
    readonly width?: number;
    readonly height?: number;
    readonly avg_frame_rate?: string;
    readonly nb_frames?: string;
    readonly tags?: { readonly rotate?: string };
    readonly side_data_list?: { readonly rotation?: number }[];
  }[];
}

const ENTRIES =
  "packet=pts_time,dts_time,flags:stream=width,height,avg_frame_rate,nb_frames:stream_tags=rotate:stream_side_data=rotation";

/**
 * @throws {EngineError} E_MEDIA naming the file when it is missing, unreadable, or holds no video frame;
 *                       E_NO_FFMPEG.
 */
export async function probeVideo(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<VideoFacts> {
  const file = resolve(path);
  await checkFile(file);
  const found = JSON.parse(await runProbe(file, options.signal)) as ProbeOutput;
  const stream = found.streams?.[0];
  const all = found.packets ?? [];
  if (stream?.width === undefined || stream.height === undefined)
    throw mediaError(file, "expected a video stream, found none");
  const hidden = all.filter(({ flags }) => flags?.includes("D"));
  // Where whole runs of packets are cut away by the edit list, numbering the hidden rest would number wrongly.
  const ignoresEditList = hidden.length > 0 && Number(stream.nb_frames) === all.length;
  const packets = ignoresEditList ? all : all.filter((packet) => !hidden.includes(packet));
  if (packets.length === 0) throw mediaError(file, "expected at least one video frame, found none");
  const rotation =
    stream.side_data_list?.find((item) => item.rotation !== undefined)?.rotation ??
    Number(stream.tags?.rotate ?? 0);
  const turned = Math.abs(Math.round(rotation)) % 180 === 90;
  return {
    path: file,
    frameCount: packets.length,
    times: presentationTimes(packets, stream.avg_frame_rate),
    width: turned ? stream.height : stream.width,
    height: turned ? stream.width : stream.height,
    ignoresEditList,
  };
}

export function mediaError(file: string, what: string, cause?: unknown): EngineError {
  return new EngineError("E_MEDIA", `${file}: ${what}`, { details: { file }, cause });
}

async function checkFile(file: string): Promise<void> {
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw mediaError(file, "no such file", cause);
    throw mediaError(file, `cannot be opened (${(cause as Error).message})`, cause);
  }
  if (facts.isDirectory()) throw mediaError(file, "expected a video file, found a directory");
  if (facts.size === 0) throw mediaError(file, "expected a video file, found an empty file");
}

function runProbe(file: string, signal: AbortSignal | undefined): Promise<string> {
  const args = [
    "-v",
    "error",
    "-select_streams",
    "V:0",
    "-show_entries",
    ENTRIES,
    "-of",
    "json=compact=1",
    file,
  ];
  const options = {
    maxBuffer: 1 << 30,
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  } as const;
  const program = findTool("ffprobe");
  return new Promise((settle, reject) => {
    signal?.throwIfAborted();
    execFile(program, args, options, (error, stdout, stderr) => {
      if (signal?.aborted) reject(signal.reason);
      else if (error !== null)
        reject(mediaError(file, `ffprobe cannot read it: ${lastLine(stderr) || error.message}`, error));
      else settle(stdout);
    });
  });
}

export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? "";
}

function presentationTimes(
  packets: NonNullable<ProbeOutput["packets"]>,
  rate: string | undefined,
): Float64Array {
  const [numerator = 0, denominator = 0] = (rate ?? "").split("/").map(Number);
  const period = numerator > 0 && denominator > 0 ? denominator / numerator : 0;
  // Some containers (AVI, raw streams) store no presentation times; there the order is that of decoding.
  return Float64Array.from(packets, ({ pts_time, dts_time }, i) =>
    Number(pts_time ?? dts_time ?? i * period),
  ).sort();
}
