/** One made clip: what it will be, decided from its set's seed and its index alone, and its fragments as the model sees them. */
import { between, integer, pick, Sfc32 } from "../../lib/synthetic/draw.js";
import { FRAME_BYTES, SIDE } from "../../lib/synthetic/geometry.js";
import { newFrame } from "../../lib/synthetic/plane.js";
import { drawScene, makeScene } from "../../lib/synthetic/scene.js";
import { SEEN_CONTENT } from "../../lib/synthetic/textures.js";
import { fragmentsPlan, isWhole, mosaic } from "../../lib/video/fragments.js";
import type { Picture } from "../../lib/video/picture.js";
import { throughEncoder } from "./ffmpeg.js";
import { film } from "./film.js";
import {
  drawSeverities,
  ENCODERS,
  filters,
  opinion,
  quantiser,
  type Severities,
  type Size,
  stuttered,
} from "./kinds.js";
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
/** Cuts of a clip into fragments, each at places of its own. */
const VIEWS = 2;

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

/** @param photo  draws a photograph. */
export async function makeClip(
  seed: number,
  index: number,
  photo: () => Promise<Picture>,
): Promise<MadeClip> {
  const rng = new Sfc32("small clip", seed, index);
  const severities = drawSeverities(rng);
  const raw = rng.uniform() < RENDERED ? rendered(rng) : await filmed(rng, photo);
  if (severities.stutter === undefined && rng.uniform() < STILL) stand(raw.bytes);
  const chain = filters(severities, rng, raw);
  if (severities.stutter !== undefined)
    chain.push(`shuffleframes=${stuttered(FRAMES, severities.stutter, rng).join(" ")}`);
  const encoder = pick(rng, ENCODERS);
  const q = quantiser(encoder, severities.compression ?? between(rng, 0, LIGHT));
  const back = await throughEncoder(
    raw.bytes,
    raw.format,
    raw,
    integer(rng, 24, 30),
    chain,
    encoder.options(q),
  );
  const views = Array.from({ length: VIEWS }, (_, view) => viewOf(back, raw, view));
  return { severities, score: opinion(severities), views };
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
