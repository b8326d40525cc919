/** Scores rendered clips with the tiny model and draws them: docs/score.svg of the README. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { loadModel, openFrames, readManifest, type VideoScore } from "../../lib/index.js";
import { renderSet } from "../../lib/synthetic/render-set.js";
import { type DrawnVideo, scoreSvg } from "./score-svg.js";

/** Clips of the demonstration's held-out set whose faults a still shows: blurred, clean, badly exposed. */
const SET = { kind: "in-domain", seed: 5, count: 11 } as const;
const CHOSEN = [3, 8, 10];
const FRAMES = 3;
const JPEG = { quality: 60, mozjpeg: true } as const;

export const CAPTION =
  "vqathinker score, with the tiny demonstration model, on clips that were rendered with known faults (red: their worth)";

/** @param threads  of the engine. */
export async function scoredClips(threads: number): Promise<DrawnVideo[]> {
  const dir = mkdtempSync(join(tmpdir(), "vqat-picture-"));
  try {
    const { manifest, videos } = await renderSet({ ...SET, dir });
    const truths = (await readManifest(manifest)).map(({ score }) => score);
    const model = await loadModel("tiny", { threads, device: "cpu" });
    const drawn: DrawnVideo[] = [];
    for (const place of CHOSEN) {
      const path = videos[place] ?? "";
      drawn.push({
        ...judged(await model.score(path)),
        truth: truths[place] ?? Number.NaN,
        frames: await stills(path),
      });
    }
    model.dispose();
    return drawn;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function scorePicture(): Promise<string> {
  return scoreSvg(await scoredClips(1), CAPTION);
}

function judged({
  score,
  scale,
  reasoning,
  status,
}: VideoScore): Pick<DrawnVideo, "score" | "scale" | "reasoning"> {
  if (score === null || reasoning === null)
    throw new Error(`nothing to draw: the video's status is ${status}`);
  return { score, scale, reasoning };
}

async function stills(path: string): Promise<Uint8Array[]> {
  const frames = await openFrames(path, { frames: FRAMES });
  const found: Uint8Array[] = [];
  await frames.read(async (_position, rgb, width, height) => {
    const raw = { width, height, channels: 3 } as const;
    found.push(await sharp(rgb, { raw }).jpeg(JPEG).toBuffer());
  });
  return found;
}
