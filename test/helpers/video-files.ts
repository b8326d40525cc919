/** Small video files made by ffmpeg, and a decoder to compare with: all frames in one plain ffmpeg run. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A folder that is removed when the test file ends. */
export function scratchFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "vqathinker-test-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function ffmpeg(...args: string[]): void {
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}

/** A moving test picture; `args` are output options such as codec and pixel format. */
export function makeVideo(
  file: string,
  { size = "48x32", rate = 25, frames = 20, args = [] as string[] } = {},
): string {
  ffmpeg(
    "-f",
    "lavfi",
    "-i",
    `testsrc2=size=${size}:rate=${rate}`,
    "-frames:v",
    String(frames),
    ...args,
    file,
  );
  return file;
}

/** Every frame as RGB, by ffmpeg alone: no selection, no re-timing. */
export function allFrames(
  file: string,
  width: number,
  height: number,
  inputArgs: string[] = [],
  filter = "null",
): Uint8Array[] {
  const args = [
    "-nostdin",
    "-v",
    "error",
    ...inputArgs,
    "-i",
    file,
    "-vf",
    filter,
    "-fps_mode",
    "passthrough",
    "-sws_flags",
    "bilinear",
  ];
  const bytes = execFileSync("ffmpeg", [...args, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], {
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const frameBytes = width * height * 3;
  return Array.from(
    { length: bytes.length / frameBytes },
    (_, i) => new Uint8Array(bytes.subarray(i * frameBytes, (i + 1) * frameBytes)),
  );
}

/** Presentation time of every frame that ffmpeg shows, in its order, seconds on the file's own clock. */
export function shownTimes(file: string): number[] {
  const args = [
    "-nostdin",
    "-hide_banner",
    "-copyts",
    "-i",
    file,
    "-map",
    "0:V:0",
    "-fps_mode",
    "passthrough",
  ];
  const { stderr } = spawnSync("ffmpeg", [...args, "-vf", "showinfo", "-f", "null", "-"], {
    encoding: "utf8",
  });
  return [...stderr.matchAll(/\bpts_time:\s*(-?[\d.]+)/g)].map(([, time]) => Number(time));
}

/** Where in the file each packet of the video begins, bytes, in decoding order. */
export function packetPlaces(file: string): number[] {
  const args = [
    "-v",
    "error",
    "-select_streams",
    "V:0",
    "-show_entries",
    "packet=pos",
    "-of",
    "csv=p=0",
    file,
  ];
  return execFileSync("ffprobe", args, { encoding: "utf8" }).trim().split("\n").map(Number);
}
