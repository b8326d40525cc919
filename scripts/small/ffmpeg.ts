/** Raw frames through ffmpeg's filters and a real encoder, and back. */
import { spawn } from "node:child_process";
import { rename } from "node:fs/promises";
import { findTool } from "../../lib/video/tools.js";
import type { Size } from "./kinds.js";

/** An encoder that leaves nothing to see. */
export const CLEAN = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "12"];
const QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin"];

async function run(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn(findTool("ffmpeg"), [...QUIET, ...args]);
  const out: Buffer[] = [];
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${said}`);
  return Buffer.concat(out);
}

/** Raw frames of yuv420p, end to end, after ffmpeg's filters. */
export async function filtered(
  raw: Uint8Array,
  format: "rgb24" | "yuv420p",
  { width, height }: Size,
  filters: readonly string[],
): Promise<Uint8Array> {
  const input = ["-f", "rawvideo", "-pix_fmt", format, "-s", `${width}x${height}`, "-i", "pipe:0"];
  const chain = ["format=yuv420p", ...filters, "format=yuv420p"].join();
  const bytes = width * height * (format === "rgb24" ? 3 : 1.5);
  const spoilt = await run(
    [...input, "-filter_threads", "1", "-vf", chain, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"],
    raw,
  );
  checkFrames(spoilt.length / (width * height * 1.5), raw.length / bytes, chain);
  return spoilt;
}

/** Encodes and decodes raw frames of yuv420p; gives RGB bytes [n, height, width, 3]. */
export async function throughEncoder(
  raw: Uint8Array,
  { width, height }: Size,
  rate: number,
  encoder: readonly string[],
): Promise<Uint8Array> {
  const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${width}x${height}`, "-r", String(rate)];
  const packed = await run([...input, "-i", "pipe:0", ...encoder, "-f", "nut", "pipe:1"], raw);
  const output = ["-fps_mode", "passthrough", "-sws_flags", "bilinear", "-pix_fmt", "rgb24"];
  const plain = await run(["-threads", "1", "-i", "pipe:0", ...output, "-f", "rawvideo", "pipe:1"], packed);
  checkFrames(plain.length / (width * height * 3), raw.length / (width * height * 1.5), encoder.join(" "));
  return plain;
}

/** Writes RGB frames, end to end, as a file of Matroska. */
export async function writeClip(
  path: string,
  frames: Uint8Array,
  { width, height }: Size,
  rate: number,
): Promise<void> {
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(rate)];
  const part = `${path}.part`;
  await run(
    [...input, "-i", "pipe:0", "-pix_fmt", "yuv420p", ...CLEAN, "-y", "-f", "matroska", part],
    frames,
  );
  await rename(part, path);
}

function checkFrames(found: number, expected: number, by: string): void {
  if (found !== expected) throw new Error(`ffmpeg gave ${found} frames for ${expected}: ${by}`);
}
