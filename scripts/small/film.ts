/** A camera over a photograph: pans, turns, zooms, shakes and cuts, as raw RGB frames. Knows no distortion. */
import sharp from "sharp";
import { between, pick, type Sfc32, sign } from "../../lib/synthetic/draw.js";
import type { Picture } from "../../lib/video/picture.js";
import type { Size } from "./kinds.js";

/** Source pixels a pixel of a frame: what bilinear sampling blurs is finer than a frame's pixels. */
const OVERSAMPLED = 1.5;

/** Largest scale of a photograph: at their own pixels wallpapers are soft, and what is soft shows neither blur nor compression. */
const MOST_SCALE = 0.9;

/** Where a frame's middle is, how it is turned and how large a pixel is: in source pixels, from the path's beginning. */
interface View {
  readonly x: number;
  readonly y: number;
  readonly cos: number;
  readonly sin: number;
}

/** The views of a shot: still, or a drawn pan, turn or zoom, some of them shaken. `pace` slows it. */
function path(rng: Sfc32, frames: number, pace: number): View[] {
  const still = rng.uniform() < 0.12;
  const speed = still ? 0 : pace * Math.exp(between(rng, Math.log(0.3), Math.log(7)));
  const heading = 2 * Math.PI * rng.uniform();
  const kind = pick(rng, ["pan", "pan", "turn", "zoom"] as const);
  const rate = still ? 0 : pace * sign(rng) * between(rng, 0.003, 0.02);
  const shake = !still && rng.uniform() < 0.3 ? pace * between(rng, 0.2, 1.5) : 0;
  const shaken = () => shake * (2 * rng.uniform() - 1);
  return Array.from({ length: frames }, (_, i) => {
    const scale = OVERSAMPLED * Math.exp(kind === "zoom" ? rate * i : 0);
    const angle = kind === "turn" ? rate * i : 0;
    return {
      x: OVERSAMPLED * (speed * Math.cos(heading) * i + shaken()),
      y: OVERSAMPLED * (speed * Math.sin(heading) * i + shaken()),
      cos: Math.cos(angle) * scale,
      sin: Math.sin(angle) * scale,
    };
  });
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What of the plane the views see, two pixels more on each side. */
function seen(views: readonly View[], { width, height }: Size): Box {
  const across = views.map(({ cos, sin }) => (Math.abs(cos) * width + Math.abs(sin) * height) / 2 + 2);
  const down = views.map(({ cos, sin }) => (Math.abs(sin) * width + Math.abs(cos) * height) / 2 + 2);
  const left = Math.floor(Math.min(...views.map(({ x }, i) => x - (across[i] as number))));
  const top = Math.floor(Math.min(...views.map(({ y }, i) => y - (down[i] as number))));
  const right = Math.ceil(Math.max(...views.map(({ x }, i) => x + (across[i] as number))));
  const bottom = Math.ceil(Math.max(...views.map(({ y }, i) => y + (down[i] as number))));
  return { left, top, width: right - left, height: bottom - top };
}

interface Shot {
  readonly views: readonly View[];
  readonly box: Box;
  /** What of the photograph the box shows, at the box's size. */
  readonly rgb: Uint8Array;
}

/** A shot of a photograph at a drawn scale: from all of it to its largest scale. */
async function shoot(photo: Picture, size: Size, frames: number, rng: Sfc32): Promise<Shot> {
  for (let pace = 1, tries = 0; ; pace /= 2) {
    const views = path(rng, frames, pace);
    const box = seen(views, size);
    const least = Math.max(box.width / photo.width, box.height / photo.height);
    if (least > MOST_SCALE && pace > 0.1) continue;
    const scale = Math.exp(between(rng, Math.log(least), Math.log(Math.max(MOST_SCALE, least))));
    const part = { width: Math.floor(box.width / scale), height: Math.floor(box.height / scale) };
    const window = {
      ...part,
      left: Math.floor((photo.width - part.width) * rng.uniform()),
      top: Math.floor((photo.height - part.height) * rng.uniform()),
    };
    const raw = { width: photo.width, height: photo.height, channels: 3 } as const;
    const rgb = await sharp(photo.rgb, { raw })
      .extract(window)
      .resize(box.width, box.height, { fit: "fill", kernel: "lanczos3" })
      .raw()
      .toBuffer();
    // Flat parts show little of most distortions; some clips are flat all the same.
    if (detail(rgb, box.width) < LEAST_DETAIL && tries++ < 3) {
      pace *= 2;
      continue;
    }
    return { views, box, rgb };
  }
}

const LEAST_DETAIL = 5;

/** Mean difference of green between pixels three apart. */
function detail(rgb: Uint8Array, width: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 1; i + 9 < rgb.length; i += 39, count++)
    sum += Math.abs((rgb[i] as number) - (rgb[i + 9] as number));
  return width < 4 ? 0 : sum / count;
}

/** Bilinear, by 8 fractional bits. */
function drawFrame(
  { views, box, rgb }: Shot,
  moment: number,
  { width, height }: Size,
  out: Uint8Array,
): void {
  const { x: cx, y: cy, cos, sin } = views[moment] as View;
  const line = box.width * 3;
  const left = cx - box.left - (cos * width - sin * height) / 2;
  const top = cy - box.top - (sin * width + cos * height) / 2;
  const du = Math.round(cos * 256);
  const dv = Math.round(sin * 256);
  let at = 0;
  for (let y = 0; y < height; y++) {
    let u = Math.round((left - sin * y) * 256);
    let v = Math.round((top + cos * y) * 256);
    for (let x = 0; x < width; x++, u += du, v += dv) {
      const a = (v >> 8) * line + (u >> 8) * 3;
      const b = a + line;
      const fu = u & 255;
      const fv = v & 255;
      for (let c = 0; c < 3; c++, at++) {
        const p = rgb[a + c] as number;
        const q = rgb[b + c] as number;
        const upper = (p << 8) + ((rgb[a + 3 + c] as number) - p) * fu;
        const lower = (q << 8) + ((rgb[b + 3 + c] as number) - q) * fu;
        out[at] = ((upper << 8) + (lower - upper) * fv + 32768) >> 16;
      }
    }
  }
}

/** RGB frames end to end; a cut, when there are two photographs, somewhere in the middle half. */
export async function film(
  photos: readonly Picture[],
  size: Size,
  frames: number,
  rng: Sfc32,
): Promise<Uint8Array> {
  const shots: Shot[] = [];
  for (const photo of photos) shots.push(await shoot(photo, size, frames, rng));
  const cut = shots.length === 1 ? frames : Math.round(frames * between(rng, 0.25, 0.75));
  const bytes = size.width * size.height * 3;
  const clip = new Uint8Array(frames * bytes);
  for (let i = 0; i < frames; i++)
    drawFrame(shots[i < cut ? 0 : 1] as Shot, i, size, clip.subarray(i * bytes, (i + 1) * bytes));
  return clip;
}
