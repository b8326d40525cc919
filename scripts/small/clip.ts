/** Made clips of one content: what they will be, decided from the set's seed and the content's index alone, and their fragments as the model sees them. */
import { mean } from "../../lib/core/stats.js";
import { between, integer, pick, Sfc32 } from "../../lib/synthetic/draw.js";
import { FRAME_BYTES, SIDE } from "../../lib/synthetic/geometry.js";
import { newFrame } from "../../lib/synthetic/plane.js";
import { drawScene, makeScene } from "../../lib/synthetic/scene.js";
import { SEEN_CONTENT } from "../../lib/synthetic/textures.js";
import { fragmentsPlan, isWhole, mosaic } from "../../lib/video/fragments.js";
import type { Picture } from "../../lib/video/picture.js";
import { filtered, throughEncoder } from "./ffmpeg.js";
import { film } from "./film.js";
import {
  compressionSeverity,
  drawSeverities,
  ENCODERS,
  filters,
  LEAST_SEVERITY,
  opinion,
  quantiser,
  type Severities,
  type Size,
  stuttered,
} from "./kinds.js";
import { blockSsim, lumaOf } from "./ssim.js";
import { VIEWED } from "./view.js";

/** Of a made clip: enough for six groups that do not share a frame. */
const FRAMES = 28;
const SIZES: readonly Size[] = [
  { width: 320, height: 240 },
  { width: 352, height: 288 },
  { width: 384, height: 216 },
  { width: 256, height: 256 },
  { width: 216, height: 384 },
  { width: 480, height: 270 },
  { width: 176, height: 144 },
];
/** Shares of clips: of rendered scenes; of one picture that stands still all along, which is no stutter; with a cut. */
const RENDERED = 0.15;
const STILL = 0.04;
const CUT = 0.15;
/** Severity of what the encoder does to a clip that is not to show compression. */
const LIGHT = 0.06;
/** Frames that compression is measured on. */
const MEASURED_EVERY = 5;
/** Clips of a content. */
export const VERSIONS = 3;
/** Cuts of a clip into fragments, each at places of its own. */
const VIEWS = 3;

export interface Labels {
  readonly severities: Severities;
  /** Pseudo-opinion, 1 to 5. */
  readonly score: number;
}

export interface MadeClip extends Labels {
  /** Frames of each view: mosaics, and last the whole frame at its own size. */
  readonly views: readonly (readonly Picture[])[];
}

interface Raw extends Size {
  /** Frames end to end. */
  readonly bytes: Uint8Array;
  readonly format: "rgb24" | "yuv420p";
}

/**
 * The clips of one content, each spoilt in a way of its own: what tells them apart is not what they show.
 *
 * @param photo  draws a photograph.
 */
export async function makeVersions(
  seed: number,
  content: number,
  photo: () => Promise<Picture>,
): Promise<MadeClip[]> {
  const rng = new Sfc32("small content", seed, content);
  const raw = rng.uniform() < RENDERED ? rendered(rng) : await filmed(rng, photo);
  const still = rng.uniform() < STILL;
  if (still) stand(raw.bytes);
  const clips: MadeClip[] = [];
  for (let version = 0; version < VERSIONS; version++) {
    const { stutter = 0, ...others } = drawSeverities(rng);
    clips.push(await spoilt(raw, still || stutter === 0 ? others : { ...others, stutter }, rng));
  }
  return clips;
}

/** What the encoder did is measured: what a quantiser does depends on what it quantises. */
async function spoilt(raw: Raw, drawn: Severities, rng: Sfc32): Promise<MadeClip> {
  const chain = filters(drawn, rng, raw);
  if (drawn.stutter !== undefined)
    chain.push(`shuffleframes=${stuttered(FRAMES, drawn.stutter, rng).join(" ")}`);
  const encoder = pick(rng, ENCODERS);
  const q = quantiser(encoder, drawn.compression ?? between(rng, 0, LIGHT));
  const rate = integer(rng, 24, 30);
  const before = await filtered(raw.bytes, raw.format, raw, chain);
  const after = await throughEncoder(before, raw, rate, encoder.options(q));
  const compression = lost(before, after, raw);
  const { compression: _, ...others } = drawn;
  const severities = compression < LEAST_SEVERITY ? others : { ...others, compression };
  const views = Array.from({ length: VIEWS }, (_, view) => viewOf(after, raw, view));
  return { severities, score: opinion(severities), views };
}

/** Severity of compression, from the structure that some frames have lost. */
function lost(before: Uint8Array, after: Uint8Array, { width, height }: Size): number {
  const pixels = width * height;
  const kept: number[] = [];
  for (let frame = 0; frame < FRAMES; frame += MEASURED_EVERY) {
    const plane = before.subarray(frame * pixels * 1.5, frame * pixels * 1.5 + pixels);
    const found = lumaOf(after.subarray(frame * pixels * 3, (frame + 1) * pixels * 3));
    kept.push(blockSsim(plane, found, { width, height }));
  }
  return compressionSeverity(mean(kept));
}

async function filmed(rng: Sfc32, photo: () => Promise<Picture>): Promise<Raw> {
  const size = pick(rng, SIZES);
  const photos = [await photo()];
  if (rng.uniform() < CUT) photos.push(await photo());
  return { ...size, bytes: await film(photos, size, FRAMES, rng), format: "rgb24" };
}

function rendered(rng: Sfc32): Raw {
  const scene = makeScene(rng, pick(rng, Object.values(SEEN_CONTENT)));
  const frame = newFrame();
  const bytes = new Uint8Array(FRAMES * FRAME_BYTES);
  const pace = between(rng, 0.1, 0.8);
  for (let i = 0; i < FRAMES; i++) {
    drawScene(scene, pace * i, frame);
    bytes.set(frame.bytes, i * FRAME_BYTES);
  }
  return { width: SIDE, height: SIDE, bytes, format: "yuv420p" };
}

function stand(frames: Uint8Array): void {
  const bytes = frames.length / FRAMES;
  for (let i = 1; i < FRAMES; i++) frames.copyWithin(i * bytes, 0, bytes);
}

function viewOf(rgb: Uint8Array, { width, height }: Size, seed: number): Picture[] {
  const { frames, size, fragments } = VIEWED;
  const bytes = width * height * 3;
  return Array.from(fragmentsPlan(FRAMES, frames, fragments), (frame, i) => {
    const whole = { rgb: rgb.subarray(frame * bytes, (frame + 1) * bytes), width, height };
    if (isWhole(i, frames)) return whole;
    return mosaic(whole, size, Math.floor(i / fragments.neighbours), { ...fragments, seed });
  });
}
