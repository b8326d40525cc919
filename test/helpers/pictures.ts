/** Pictures and videos of formula frames, lossless, for tests of measures. */
import { writeFileSync } from "node:fs";
import sharp from "sharp";
import { formulaFrame } from "./formula-frames.js";
import { ffmpeg } from "./video-files.js";

/** A PNG of a formula frame. */
export async function picture(path: string, kind: string, width: number, height: number): Promise<string> {
  await sharp(formulaFrame(kind, width, height), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

/** An FFV1 video of formula frames, one of each kind in turn, five a second. */
export function pictureVideo(path: string, kinds: readonly string[], width: number, height: number): string {
  const raw = `${path}.rgb`;
  writeFileSync(raw, Buffer.concat(kinds.map((kind) => formulaFrame(kind, width, height))));
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", "5", "-i", raw];
  ffmpeg(...input, "-pix_fmt", "gbrp", "-c:v", "ffv1", path);
  return path;
}
