/** Raw frames through ffmpeg's filters and a real encoder, and back. */
import { spawn } from "node:child_process";
import { findTool } from "../../lib/video/tools.js";
import type { Size } from "./kinds.js";

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

/** Spoils, encodes and decodes raw frames; gives RGB bytes [n, height, width, 3]. */
export async function throughEncoder(
  raw: Uint8Array,
  format: "rgb24" | "yuv420p",
  { width, height }: Size,
  rate: number,
  filters: readonly string[],
  encoder: readonly string[],
): Promise<Uint8Array> {
  const input = ["-f", "rawvideo", "-pix_fmt", format, "-s", `${width}x${height}`];
  const chain = ["format=yuv420p", ...filters, "format=yuv420p"].join();
  const packed = await run(
    [
      ...input,
      "-r",
      String(rate),
      "-i",
      "pipe:0",
      "-filter_threads",
      "1",
      "-vf",
      chain,
      "-fps_mode",
      "passthrough",
      ...encoder,
      "-f",
      "nut",
      "pipe:1",
    ],
    raw,
  );
  const plain = await run(
    [
      "-threads",
      "1",
      "-i",
      "pipe:0",
      "-fps_mode",
      "passthrough",
      "-sws_flags",
      "bilinear",
      "-f",
      "rawvideo",
      "-pix_fmt",
      "rgb24",
      "pipe:1",
    ],
    packed,
  );
  const frames = raw.length / (width * height * (format === "rgb24" ? 3 : 1.5));
  if (plain.length !== frames * width * height * 3)
    throw new Error(`ffmpeg gave ${plain.length} bytes for ${frames} frames: ${encoder.join(" ")} ${chain}`);
  return plain;
}
