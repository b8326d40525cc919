/** The grey frames of test/goldens/recipes/niqe/frames.py, so that no recording has to hold them: equal bytes. */

type Grey = (x: number, y: number) => number;

const wide = (a: number, b: number) => Math.imul(a, b) >>> 0;

/** 32-bit hash of three integers and a seed. */
function hash(x: number, y: number, t: number, seed: number): number {
  let a = (wide(374761393, x) + wide(668265263, y) + wide(2246822519, t) + wide(3266489917, seed)) >>> 0;
  a = wide(a ^ (a >>> 15), 2246822519);
  a = wide(a ^ (a >>> 13), 3266489917);
  return (a ^ (a >>> 16)) >>> 0;
}

/** Bilinear value noise of six octaves, stretched around the middle. */
const texture: Grey = (px, py) => {
  const [x, y] = [px + 1000, py + 1000];
  let total = 0;
  [10, 14, 20, 28, 40, 56].forEach((weight, place) => {
    const k = place + 1;
    const s = 1 << k;
    const [i, j, fx, fy] = [Math.floor(x / s), Math.floor(y / s), x % s, y % s];
    const v = (di: number, dj: number) => hash(i + di, j + dj, 0, 7 + k) >>> 24;
    const upper = v(0, 0) * (s - fx) * (s - fy) + v(1, 0) * fx * (s - fy);
    const lower = v(0, 1) * (s - fx) * fy + v(1, 1) * fx * fy;
    total += weight * Math.floor((upper + lower) / (s * s));
  });
  return clip(Math.floor((total * 2) / 168) - 128);
};

const clip = (value: number) => Math.min(255, Math.max(0, value));
const noise = (x: number, y: number, seed: number) => hash(x, y, 0, seed) >>> 24;

/** By kind: a pixel, given the frame's sides. */
const KINDS: Readonly<Record<string, (width: number, height: number) => Grey>> = {
  texture: () => texture,
  noise: () => (x, y) => noise(x, y, 1),
  noisy: () => (x, y) => clip(texture(x, y) + Math.floor((noise(x, y, 3) - 128) / 6)),
  blurred: () => (x, y) => Math.floor(sumOf(texture, [x, x + 5], [y, y + 5]) / 25),
  blocky: (width, height) => (x, y) => {
    const [left, top] = [x - (x % 8), y - (y % 8)];
    const [right, below] = [Math.min(left + 8, width), Math.min(top + 8, height)];
    return Math.floor(sumOf(texture, [left, right], [top, below]) / ((right - left) * (below - top)));
  },
  flat: () => () => 128,
  halfflat: (width) => (x, y) => (x < Math.floor(width / 2) ? 90 : texture(x, y)),
};

function sumOf(grey: Grey, [left, right]: [number, number], [top, below]: [number, number]): number {
  let sum = 0;
  for (let y = top; y < below; y++) for (let x = left; x < right; x++) sum += grey(x, y);
  return sum;
}

/** RGB bytes [height, width, 3] with three equal channels. */
export function formulaFrame(kind: string, width: number, height: number): Uint8Array {
  const grey = KINDS[kind]?.(width, height);
  if (grey === undefined) throw new Error(`no frames of kind ${kind}`);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rgb.fill(grey(x, y), (y * width + x) * 3, (y * width + x + 1) * 3);
  return rgb;
}

/** As the recording says it of a frame: Σ level · (1 + index mod 65521), mod 2³². */
export function frameChecksum(rgb: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rgb.length / 3; i++) sum = (sum + (rgb[3 * i] as number) * (1 + (i % 65521))) % 2 ** 32;
  return sum;
}
