/**
 * What spoils a made clip: seven kinds of distortion, what each severity means in pixels, frames or quantisers, and the score that
 * follows. Pure: gives filters and encoder arguments of ffmpeg, runs nothing.
 */
import { between, integer, pick, type Sfc32, subset } from "../../lib/synthetic/draw.js";

export const KINDS = [
  "compression",
  "blur",
  "noise",
  "exposure",
  "banding",
  "sharpening",
  "stutter",
] as const;
export type Kind = (typeof KINDS)[number];
/** Severity in (0, 1] of each kind that a clip has. */
export type Severities = Readonly<Partial<Record<Kind, number>>>;

/** How much a full severity annoys. Chosen, not measured on people. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  compression: 1.2,
  blur: 1.1,
  noise: 1,
  exposure: 0.9,
  banding: 0.9,
  sharpening: 0.7,
  stutter: 1,
};
const STEEPNESS = 1.2;

/** 5 for a perfect copy: 1 + 4·exp(−1.2·Σ weight·severity). */
export function opinion(severities: Severities): number {
  const annoyance = KINDS.reduce((sum, kind) => sum + WEIGHTS[kind] * (severities[kind] ?? 0), 0);
  return 1 + 4 * Math.exp(-STEEPNESS * annoyance);
}

/** A way to spoil: a filter of ffmpeg from a severity; `rng` decides what severity leaves open. */
type Way = (severity: number, rng: Sfc32, size: Size) => string;
export interface Size {
  readonly width: number;
  readonly height: number;
}

const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
const plain = (value: number): string => value.toFixed(3);

/** Gaussian of standard deviation 0.7 to 4 pixels. */
const gaussianBlur: Way = (severity) => `gblur=sigma=${plain(0.5 + 3.5 * severity)}:steps=2`;
/** A box of like deviation, as a lens out of focus. */
const boxBlur: Way = (severity) => {
  const radius = Math.max(1, Math.round(1.7 * (0.5 + 3.5 * severity)));
  return `avgblur=sizeX=${radius}`;
};
/** Made smaller by 1.3 to 5 times and large again. */
const rescaled: Way = (severity, rng, { width, height }) => {
  const factor = 1.1 + 3.9 * severity;
  const by = pick(rng, ["bicubic", "bilinear", "lanczos"] as const);
  const small = `${even(width / factor)}:${even(height / factor)}`;
  return `scale=${small}:flags=${by},scale=${width}:${height}:flags=${by}`;
};
/** White, in luma and chroma, standard deviation 2 to 30 of 255; ffmpeg's strength is √3 of it. */
const sensorNoise: Way = (severity, rng) =>
  `noise=alls=${Math.round((1.5 + 28 * severity) * Math.sqrt(3))}:allf=t:all_seed=${rng.below(2 ** 30)}`;
const lumaNoise: Way = (severity, rng) =>
  `noise=c0s=${Math.round((2 + 32 * severity) * Math.sqrt(3))}:c0f=t:c0_seed=${rng.below(2 ** 30)}`;
const under: Way = (severity) => `lutyuv=y='clip(16+(val-16)*${plain(1 - 0.8 * severity)},16,235)'`;
const over: Way = (severity) => `lutyuv=y='clip(16+(val-16)*${plain(1 + 1.6 * severity)},16,235)'`;
/** Luma and chroma in steps of 6 to 48. */
const banded: Way = (severity) => {
  const step = plain(3 + 45 * severity);
  const round = `'clip(round(val/${step})*${step},16,235)'`;
  return `lutyuv=y=${round}:u=${round}:v=${round}`;
};
const sharpened: Way = (severity, rng) => {
  const size = pick(rng, [3, 5, 7] as const);
  return `unsharp=lx=${size}:ly=${size}:la=${plain(0.6 + 4.2 * severity)}`;
};

const WAYS: Readonly<Record<Exclude<Kind, "compression" | "stutter">, readonly Way[]>> = {
  exposure: [under, over],
  blur: [gaussianBlur, gaussianBlur, boxBlur, rescaled, rescaled],
  noise: [sensorNoise, lumaNoise],
  banding: [banded],
  sharpening: [sharpened],
};

/** The filters of a clip, in the order of a camera and what comes after it; "" for none. */
export function filters(severities: Severities, rng: Sfc32, size: Size, way?: number): string[] {
  return Object.entries(WAYS).flatMap(([kind, ways]) => {
    const severity = severities[kind as Kind];
    return severity === undefined
      ? []
      : [(way === undefined ? pick(rng, ways) : (ways[way] as Way))(severity, rng, size)];
  });
}

/**
 * The frame that each place shows: drops repeat the frame before here and there, freezes stand still for long. Share of
 * repeated frames: 0.1 to 0.75.
 */
export function stuttered(frames: number, severity: number, rng: Sfc32): Int32Array {
  const shown = Int32Array.from({ length: frames }, (_, i) => i);
  const repeats = Math.round((0.05 + 0.7 * severity) * frames);
  const way = pick(rng, ["drops", "rate", "freezes"] as const);
  if (way === "rate") {
    const every = 1 / (1 - repeats / frames);
    return shown.map((i) => Math.floor(Math.floor(i / every) * every));
  }
  const stands = new Uint8Array(frames);
  if (way === "drops") for (const i of subset(rng, Array.from(shown.subarray(1)), repeats)) stands[i] = 1;
  else {
    const parts = integer(rng, 1, 2);
    for (let part = 0; part < parts; part++) {
      const length = Math.max(1, Math.round(repeats / parts));
      const from = 1 + rng.below(Math.max(1, frames - 1 - length));
      stands.fill(1, from, from + length);
    }
  }
  for (let i = 1; i < frames; i++) if (stands[i] === 1) shown[i] = shown[i - 1] as number;
  return shown;
}

export interface Encoder {
  readonly name: string;
  /** Quantisers of severity 0 and 1. */
  readonly clean: number;
  readonly worst: number;
  readonly options: (quantiser: number) => string[];
}

export const ENCODERS: readonly Encoder[] = [
  {
    name: "x264",
    clean: 16,
    worst: 51,
    options: (q) => [
      "-c:v",
      "libx264",
      "-preset",
      "veryfast",
      "-crf",
      String(q),
      "-x264-params",
      "threads=1",
    ],
  },
  {
    name: "x265",
    clean: 16,
    worst: 51,
    options: (q) => [
      "-c:v",
      "libx265",
      "-preset",
      "superfast",
      "-crf",
      String(q),
      "-x265-params",
      "log-level=none:pools=none:frame-threads=1",
    ],
  },
  {
    name: "vp9",
    clean: 18,
    worst: 63,
    options: (q) => [
      "-c:v",
      "libvpx-vp9",
      "-deadline",
      "realtime",
      "-cpu-used",
      "6",
      "-b:v",
      "0",
      "-crf",
      String(q),
      "-threads",
      "1",
    ],
  },
  {
    name: "av1",
    clean: 18,
    worst: 63,
    options: (q) => [
      "-c:v",
      "libaom-av1",
      "-usage",
      "realtime",
      "-cpu-used",
      "8",
      "-b:v",
      "0",
      "-crf",
      String(q),
      "-threads",
      "1",
    ],
  },
  {
    name: "mpeg4",
    clean: 2,
    worst: 31,
    options: (q) => ["-c:v", "mpeg4", "-qscale:v", String(q)],
  },
];

/** Quality falls slowly at first: the quantiser of a severity in [0, 1]. */
export function quantiser({ clean, worst }: Encoder, severity: number): number {
  return Math.round(clean + (worst - clean) * severity ** 0.7);
}

/** A kind with less is not there. */
export const LEAST_SEVERITY = 0.08;

/** Severity of compression by the structural similarity of what went into the encoder and what came out: 0 from .97, 1 at .72. */
export function compressionSeverity(similarity: number): number {
  return Math.min(1, Math.max(0, (0.97 - similarity) / 0.25) ** 0.7);
}

/** What strong compression wipes out: a clip has the one or the other. */
const FINE: readonly Kind[] = ["noise", "banding"];

/** None to three kinds, each with a severity from 0.08 to 1. */
export function drawSeverities(rng: Sfc32): Severities {
  const u = rng.uniform();
  const count = u < 0.15 ? 0 : u < 0.62 ? 1 : u < 0.87 ? 2 : 3;
  const drawn: Partial<Record<Kind, number>> = {};
  for (const kind of subset(rng, KINDS, count)) drawn[kind] = between(rng, LEAST_SEVERITY, 1);
  if (FINE.some((kind) => drawn[kind] !== undefined)) delete drawn.compression;
  return drawn;
}
