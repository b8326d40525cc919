/**
 * The five distortions of the training and in-domain sets and what each severity means.
 * Severities lie in [0, 1]; 0 is absent. Compression and stutter are only given their numbers here:
 * the encoder quantises, the timeline freezes.
 */
import type { Sfc32 } from "./draw.js";
import { SIDE } from "./geometry.js";
import type { Frame } from "./plane.js";

/** Changes one frame in place. `rng` belongs to this frame and distortion alone. */
export type Distort = (frame: Frame, severity: number, rng: Sfc32) => void;

/** Separable Gaussian of standard deviation `sigma` pixels, borders repeated. */
function gaussian(plane: Uint8ClampedArray, side: number, sigma: number): void {
  // The right half of the kernel, centre first: the left half is its mirror.
  const half = Float64Array.from({ length: Math.max(1, Math.ceil(2.5 * sigma)) + 1 }, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const sum = half.reduce((total, weight) => total + 2 * weight, -(half[0] as number));
  for (let i = 0; i < half.length; i++) half[i] = (half[i] as number) / sum;
  // Two passes that write transposed give back the orientation.
  const across = Float64Array.from(plane);
  const down = new Float64Array(side * side);
  convolveRows(across, down, side, half);
  convolveRows(down, across, side, half);
  plane.set(across);
}

/** Convolves each row of `source` with a symmetric kernel and writes it as a column of `target`. */
function convolveRows(source: Float64Array, target: Float64Array, side: number, half: Float64Array): void {
  const reach = half.length - 1;
  const padded = new Float64Array(side + 2 * reach);
  for (let y = 0; y < side; y++) {
    const row = source.subarray(y * side, (y + 1) * side);
    padded.fill(row[0] as number, 0, reach);
    padded.set(row, reach);
    padded.fill(row[side - 1] as number, reach + side);
    for (let x = 0; x < side; x++) {
      const centre = x + reach;
      let value = (half[0] as number) * (padded[centre] as number);
      for (let k = 1; k <= reach; k++) {
        value += (half[k] as number) * ((padded[centre - k] as number) + (padded[centre + k] as number));
      }
      target[x * side + y] = value;
    }
  }
}

/** Standard deviation 0.8 to 3.8 pixels of luma, half of it in the half-size chroma. */
function blur(frame: Frame, severity: number): void {
  const sigma = 0.6 + 3.2 * severity;
  gaussian(frame.luma, SIDE, sigma);
  gaussian(frame.blue, SIDE / 2, sigma / 2);
  gaussian(frame.red, SIDE / 2, sigma / 2);
}

/** Normal deviates by inverse table lookup: 4096 quantiles are plenty for noise that is rounded to bytes. */
const QUANTILES = normalQuantiles(4096);

function normalQuantiles(count: number): Float32Array {
  const table = new Float32Array(count);
  // Trapezoids of the density from −5 to 5, cut where the area passes each quantile's middle.
  const steps = 200_000;
  let area = 0;
  let next = 0;
  for (let i = 0; i < steps && next < count; i++) {
    const x = -5 + (10 * (i + 0.5)) / steps;
    area += ((10 / steps) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
    while (next < count && area >= (next + 0.5) / count) table[next++] = x;
  }
  while (next < count) table[next++] = 3.7;
  return table;
}

/** White noise on luma and chroma, standard deviation up to 30 of 255. */
function noise(frame: Frame, severity: number, rng: Sfc32): void {
  const deviation = 3 + 27 * severity;
  const { bytes } = frame;
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const word = rng.word();
    bytes[i] = (bytes[i] as number) + deviation * (QUANTILES[word & 4095] as number);
    bytes[i + 1] = (bytes[i + 1] as number) + deviation * (QUANTILES[(word >>> 12) & 4095] as number);
  }
}

/** Luma times a gain away from black: down to a quarter or up to two and a half, clipped. The side is the plan's choice. */
export function expose(frame: Frame, severity: number, over: boolean): void {
  const gain = over ? 1 + 1.3 * severity : 1 - 0.75 * severity;
  const table = Uint8ClampedArray.from({ length: 256 }, (_, i) => Math.min(16 + (i - 16) * gain, 240));
  for (let i = 0; i < frame.luma.length; i++) frame.luma[i] = table[frame.luma[i] as number] as number;
}

export const SPATIAL = { blur, noise } as const satisfies Record<string, Distort>;

/** x264's constant quantiser: 20 without the distortion, 42 to 50 in steps of 2 with it, so that clips can share an encoder. */
export function quantiser(severity: number): number {
  return severity === 0 ? 20 : 40 + 2 * Math.round(5.4 * severity);
}

/** How many of the clip's frames repeat the one before: 5 to 12 of 18, so that two of six sampled frames show the same. */
export function repeatedFrames(severity: number): number {
  return severity === 0 ? 0 : Math.round(4 + 8 * severity);
}
