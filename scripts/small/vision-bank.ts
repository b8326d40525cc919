/**
 * A vision encoder that starts by telling natural-scene statistics of a frame: its first layer's units are magnitudes of the
 * whitened cosines and of differences of pixels, beyond thresholds; its second layer's attention is their mean over the frame,
 * and its units the mean's logarithm. Severities are smooth functions of these; from random weights, training spends nearly all of
 * its steps on finding them, and three thousand clips do not suffice.
 */
import { variance } from "../../lib/core/stats.js";
import type { Shape } from "../tiny/family.js";
import type { Given } from "../tiny/start.js";
import {
  cosineRows,
  DEVIATION,
  LUMA,
  MEAN,
  type Measured,
  whitenedPatchEmbedding,
} from "../tiny/whitening.js";
import { type Constants, type Sparse, Units, unshifted } from "./units.js";

const PATCH = 8;
const COSINES = PATCH * PATCH;
/** Channels: the cosines and their magnitudes, chroma, and behind them what is named here. */
const CHROMA = [COSINES, COSINES + 1] as const;
const TAILS = { from: 66, count: 32 } as const;
/** Mean differences by place in the patch, across and down. */
const PLACES = { from: 98, count: 14 } as const;
/** Differences beyond thresholds, across and down. */
const BEYOND = { from: 112, count: 8 } as const;
const COLOURED = [120, 121] as const;
const [BRIGHT, DARK] = [122, 123];
/** Channels of ± constants, at the end. */
const CONSTANTS = 16;
const CONSTANT = 6;

/** Deviations beyond which a cosine is a tail. */
const TAIL = 2.5;
/** Differences of neighbouring pixels, of 255, beyond which they are counted. */
const LARGEST_STEP = 20;
const STEPS = [0.8, 2.5, 6, LARGEST_STEP] as const;
/** Luma of 255 beyond which a patch is nearly white, and below which nearly black. */
const [WHITE, BLACK] = [225, 25];
/** Slope of ramps; at a threshold of one, the foot is a fifth wide. */
const SLOPE = 6;
/** Of those whose threshold is a 25th. */
const STEEP = 75;
/** Sum of squares of the channels that are no constants, usually. */
const USUAL = 100;
/** How much larger the mean over a frame is than a token's own. */
const GATHERED = 40;
/** A mean's logarithm is told between these, straight from one to the next, in units of LOUDNESS. */
const NODES = [0, 0.03, 0.08, 0.2, 0.5, 1.2, 3] as const;
const FLOOR = 0.02;
const LOUDNESS = 8;

/** Which mean becomes a logarithm, and which stays as it is. */
const LOGGED = [
  ...range(1, COSINES - 1),
  ...range(TAILS.from, TAILS.count),
  ...range(PLACES.from, PLACES.count),
  ...range(BEYOND.from, BEYOND.count),
];
const PLAIN = [0, ...CHROMA, ...COLOURED, BRIGHT, DARK];

/**
 * Parameters of an encoder of two layers, 160 wide at least.
 *
 * @param measured  of luma.
 * @param chroma    deviations of patch means of R − Y and B − Y, of 0 to 1.
 */
export function visionBank(shape: Shape, measured: Measured, chroma: readonly [number, number]): Given {
  const { hidden, intermediate, layers } = shape.vision;
  if (hidden < DARK + 1 + CONSTANTS || layers !== 2 || shape.patch !== PATCH)
    throw new Error("no room for a bank of statistics");
  const channels = range(hidden - CONSTANTS, CONSTANTS);
  const deviationOf = (constant: number, others: number) =>
    Math.sqrt((constant ** 2 * CONSTANTS + others) / hidden);
  const early: Constants = { channels, deviation: deviationOf(CONSTANT, USUAL) };
  const late: Constants = { channels, deviation: deviationOf(CONSTANT * (1 + GATHERED), 0) };
  const zeros = (length: number) => new Float32Array(length);
  const first = "vision.layers.0";
  const second = "vision.layers.1";
  const attention = "vision_tower.encoder.layer.1.attention";
  return {
    ...patches(shape, measured, chroma),
    "vision.class_embedding": zeros(hidden),
    "vision.position_embedding": constants(shape, channels),
    [`${first}.ls1`]: zeros(hidden),
    [`${first}.ls2`]: zeros(hidden).fill(1),
    ...layer(first, magnitudes(hidden, intermediate, early, measured)),
    [`${second}.ls1`]: zeros(hidden).fill(1),
    [`${second}.ls2`]: zeros(hidden).fill(1),
    [`${attention}.q_proj.weight`]: zeros(hidden * hidden),
    [`${attention}.k_proj.weight`]: zeros(hidden * hidden),
    [`${attention}.v_proj.weight`]: tokens(hidden, early),
    [`${second}.attn.qkv.bias`]: zeros(hidden),
    [`${second}.attn.out.weight`]: diagonal(hidden, GATHERED),
    [`${second}.attn.out.bias`]: zeros(hidden),
    ...layer(second, logarithms(hidden, intermediate, late)),
  };
}

/** Deviations of patch means of R − Y and B − Y, of 0 to 1. @param frames  RGB bytes [n, size, size, 3] end to end. */
export function measureChroma({ imageSize, patch }: Shape, frames: Uint8Array): [number, number] {
  const grid = imageSize / patch;
  const means = [0, 2].map(() => new Float64Array(frames.length / 3 / patch ** 2));
  for (let i = 0; i < frames.length / 3; i++) {
    const [x, y] = [i % imageSize, Math.floor(i / imageSize)];
    const at = Math.floor(y / patch) * grid + Math.floor(x / patch);
    const rgb = [0, 1, 2].map((c) => (frames[3 * i + c] as number) / 255);
    const luma = rgb.reduce((sum, value, c) => sum + value * (LUMA[c] as number), 0);
    for (const [k, colour] of [0, 2].entries()) {
      const mean = means[k] as Float64Array;
      mean[at] = (mean[at] as number) + ((rgb[colour] as number) - luma) / patch ** 2;
    }
  }
  return means.map((values) => Math.sqrt(variance(Array.from(values), 0))) as [number, number];
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function layer(name: string, { up, bias, down }: Units): Given {
  return {
    [`${name}.mlp.fc1.weight`]: up,
    [`${name}.mlp.fc1.bias`]: bias,
    [`${name}.mlp.fc2.weight`]: down,
    [`${name}.mlp.fc2.bias`]: new Float32Array(down.length / bias.length),
  };
}

/** The whitened cosines, and the means of R − Y and B − Y over their deviations. */
function patches(shape: Shape, measured: Measured, chroma: readonly [number, number]): Given {
  const given = whitenedPatchEmbedding(shape, measured);
  const weight = given["vision.patch.weight"] as Float32Array;
  const bias = given["vision.patch.bias"] as Float32Array;
  for (const [i, colour] of [0, 2].entries()) {
    const channel = CHROMA[i] as number;
    const deviation = chroma[i] as number;
    for (let c = 0; c < 3; c++) {
      const share = (c === colour ? 1 : 0) - (LUMA[c] as number);
      const from = (channel * 3 + c) * COSINES;
      weight.fill((share * (DEVIATION[c] as number)) / COSINES / deviation, from, from + COSINES);
      bias[channel] = (bias[channel] as number) + (share * (MEAN[c] as number)) / deviation;
    }
  }
  return given;
}

function constants({ imageSize, patch, vision }: Shape, channels: readonly number[]): Float32Array {
  const embedding = new Float32Array((1 + (imageSize / patch) ** 2) * vision.hidden);
  for (let from = 0; from < embedding.length; from += vision.hidden)
    for (const channel of channels) embedding[from + channel] = channel % 2 === 0 ? CONSTANT : -CONSTANT;
  return embedding;
}

function magnitudes(hidden: number, intermediate: number, norm: Constants, measured: Measured): Units {
  const units = new Units(hidden, intermediate, norm);
  const rank = ranks();
  for (let k = 1; k < COSINES; k++) {
    const tail = TAILS.from + Math.floor(((rank[k] as number) * TAILS.count) / COSINES);
    units.magnitude([[k, 1]], 0, [[k, 1]], SLOPE);
    units.magnitude([[k, 1]], TAIL, [[tail, 2]], SLOPE);
  }
  const difference = differences(measured);
  for (let y = 0; y < PATCH; y++)
    for (let x = 0; x < PATCH - 1; x++)
      for (const [way, across] of [true, false].entries()) {
        const step = difference(y, x, across);
        const place = PLACES.from + way * (PATCH - 1) + x;
        units.magnitude(scaled(step, 1 / 10), 0, [[place, 1 / PATCH]], SLOPE);
        if (y % 2 === 1 || x % 2 === 0) continue;
        const looks = scaled(step, 1 / LARGEST_STEP);
        for (const [i, threshold] of STEPS.entries()) {
          const beyond = BEYOND.from + way * STEPS.length + i;
          units.magnitude(looks, threshold / LARGEST_STEP, [[beyond, 1 / 12]], STEEP);
        }
      }
  for (const [i, channel] of CHROMA.entries())
    units.magnitude([[channel, 1]], 0, [[COLOURED[i] as number, 1]], SLOPE);
  const level = levels(measured);
  units.ramp([[0, 1]], -level(WHITE), [[BRIGHT, 1]], SLOPE);
  units.ramp([[0, -1]], level(BLACK), [[DARK, 1]], SLOPE);
  return units;
}

/** Place of each cosine in the order of their frequencies. */
function ranks(): number[] {
  const frequency = (k: number) => Math.floor(k / PATCH) ** 2 + (k % PATCH) ** 2;
  const order = range(0, COSINES).sort((a, b) => frequency(a) - frequency(b));
  return range(0, COSINES).map((k) => order.indexOf(k));
}

/** Of whitened cosines: how much brighter, of 255, a pixel's neighbour is; `along` counts across the pair's line. */
function differences({ deviations }: Measured): (line: number, along: number, across: boolean) => Sparse {
  const rows = cosineRows(PATCH);
  return (line, along, across) => {
    const pixel = (at: number) => (across ? line * PATCH + at : at * PATCH + line);
    return range(1, COSINES - 1).map((k) => {
      const row = rows[k] as Float64Array;
      const step = (row[pixel(along + 1)] as number) - (row[pixel(along)] as number);
      return [k, 255 * step * (deviations[k] as number)] as const;
    });
  };
}

function scaled(looks: Sparse, by: number): Sparse {
  return looks.map(([channel, weight]) => [channel, weight * by] as const);
}

/** The first whitened cosine of a patch of one luma of 255. */
function levels({ means, deviations }: Measured): (luma: number) => number {
  const middle = LUMA.reduce((sum, weight, c) => sum + weight * (MEAN[c] as number), 0);
  return (luma) => (PATCH * (luma / 255 - middle) - (means[0] as number)) / (deviations[0] as number);
}

/** Values of attention: tokens, their norm undone. */
function tokens(hidden: number, norm: Constants): Float32Array {
  const weight = new Float32Array(hidden * hidden);
  for (let channel = 0; channel < hidden; channel++)
    for (const [from, value] of unshifted([[channel, 1]], norm)) {
      const at = channel * hidden + from;
      weight[at] = (weight[at] as number) + value;
    }
  return weight;
}

function diagonal(size: number, value: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? value : 0));
}

/** Puts LOUDNESS·log(mean + FLOOR) in the gathered mean's place. */
function logarithms(hidden: number, intermediate: number, norm: Constants): Units {
  const units = new Units(hidden, intermediate, norm);
  const slopes = NODES.slice(1).map((node, i) => {
    const before = NODES[i] as number;
    return (LOUDNESS * (Math.log(node + FLOOR) - Math.log(before + FLOOR))) / (node - before);
  });
  for (const channel of LOGGED)
    for (const [i, slope] of slopes.entries()) {
      const bend = slope - (i === 0 ? GATHERED : (slopes[i - 1] as number));
      units.ramp([[channel, 1 / GATHERED]], -(NODES[i] as number), [[channel, bend]], 3 / FLOOR);
    }
  for (const channel of PLAIN) units.linear([[channel, 1 / GATHERED]], [[channel, LOUDNESS - GATHERED]]);
  return units;
}
