/**
 * Natural-scene statistics of a view's mosaics: what the encoders also learn to tell in pre-training. A severity is a function of
 * them that two thousand clips suffice for; to find them from severities alone, the encoders would need many more. Pure.
 */

import { mean } from "../../lib/core/stats.js";
import { cosine, LUMA } from "../tiny/whitening.js";

/** Side of a block: the model's patch. */
const BLOCK = 8;
/** Differences of neighbouring pixels, of 255, below which they are counted. */
const STEPS = [0.6, 2, 5, 15] as const;
/** Mean differences of neighbouring frames below which pairs are counted: how many repeat the one before. */
const CHANGES = [0.3, 1, 2, 4] as const;
/** Share of the greatest change below which a pair is counted: what repeats between frames that move. */
const REPEATED = 0.2;

/** Orthonormal DCT-II of eight. */
const COSINES = Float64Array.from({ length: BLOCK * BLOCK }, (_, i) =>
  cosine(Math.floor(i / BLOCK), i % BLOCK, BLOCK),
);

/** Sums over values, from which logarithms of moments come. */
class Moments {
  #count = 0;
  #absolute = 0;
  #squares = 0;
  #fourth = 0;

  add(value: number): void {
    const square = value * value;
    this.#count++;
    this.#absolute += Math.abs(value);
    this.#squares += square;
    this.#fourth += square * square;
  }

  get magnitude(): number {
    return Math.log(this.#absolute / this.#count + 0.1);
  }

  get energy(): number {
    return Math.log(this.#squares / this.#count + 0.5);
  }

  /** Of energy over squared magnitude: how unevenly it is spread. */
  get unevenness(): number {
    return this.energy - 2 * Math.log(this.#absolute / this.#count + 0.3);
  }

  get tails(): number {
    return Math.log(this.#fourth / this.#count + 1) - 2 * this.energy;
  }
}

/** BT.601 luma of full range. */
function lumaOf(rgb: Uint8Array): Float64Array {
  const luma = new Float64Array(rgb.length / 3);
  const [red, green, blue] = LUMA;
  for (let i = 0; i < luma.length; i++)
    luma[i] =
      red * (rgb[3 * i] as number) + green * (rgb[3 * i + 1] as number) + blue * (rgb[3 * i + 2] as number);
  return luma;
}

function bandsOf(luma: Float64Array, size: number): number[] {
  const bands = Array.from({ length: BLOCK * BLOCK }, () => new Moments());
  const half = new Float64Array(BLOCK * BLOCK);
  for (let top = 0; top < luma.length / size; top += BLOCK)
    for (let left = 0; left < size; left += BLOCK) {
      for (let y = 0; y < BLOCK; y++)
        for (let h = 0; h < BLOCK; h++) {
          let sum = 0;
          for (let x = 0; x < BLOCK; x++)
            sum += (COSINES[h * BLOCK + x] as number) * (luma[(top + y) * size + left + x] as number);
          half[y * BLOCK + h] = sum;
        }
      for (let v = 0; v < BLOCK; v++)
        for (let h = 0; h < BLOCK; h++) {
          let sum = 0;
          for (let y = 0; y < BLOCK; y++)
            sum += (COSINES[v * BLOCK + y] as number) * (half[y * BLOCK + h] as number);
          bands[v * BLOCK + h]?.add(sum);
        }
    }
  return bands.flatMap((band) => [band.energy, band.unevenness]);
}

/** Of the differences of pixels `stride` apart that lie in one block. */
function edgesOf(luma: Float64Array, stride: number): number[] {
  const all = new Moments();
  const places = Array.from({ length: BLOCK - 1 }, () => new Moments());
  const small = STEPS.map(() => 0);
  let count = 0;
  for (let i = 0; i < luma.length; i++) {
    const place = Math.floor(i / stride) % BLOCK;
    if (place === BLOCK - 1) continue;
    const difference = Math.abs((luma[i + stride] as number) - (luma[i] as number));
    all.add(difference);
    places[place]?.add(difference);
    count++;
    for (let k = 0; k < STEPS.length; k++)
      if (difference < (STEPS[k] as number)) small[k] = (small[k] as number) + 1;
  }
  return [all.magnitude, all.tails, ...places.map((one) => one.magnitude), ...small.map((n) => n / count)];
}

function levelsOf(rgb: Uint8Array, luma: Float64Array): number[] {
  const chroma = [0, 1, 2].map(() => new Moments());
  let [sum, squares, bright, dark] = [0, 0, 0, 0];
  for (let i = 0; i < luma.length; i++) {
    const y = luma[i] as number;
    for (let c = 0; c < 3; c++) chroma[c]?.add((rgb[3 * i + c] as number) - y);
    sum += y;
    squares += y * y;
    if (y > 233) bright++;
    if (y < 18) dark++;
  }
  const level = sum / luma.length;
  const deviation = Math.sqrt(Math.max(0, squares / luma.length - level * level));
  const shares = [bright / luma.length, dark / luma.length];
  return [...chroma.map((one) => one.magnitude), level / 50, deviation / 50, ...shares];
}

function changesOf(rgb: Uint8Array, bytes: number, neighbours: number): number[] {
  const changes: number[] = [];
  for (let frame = 1; frame < rgb.length / bytes; frame++) {
    if (frame % neighbours === 0) continue;
    let sum = 0;
    for (let i = frame * bytes; i < (frame + 1) * bytes; i++)
      sum += Math.abs((rgb[i] as number) - (rgb[i - bytes] as number));
    changes.push(sum / bytes);
  }
  const below = (most: number) => mean(changes.map((change) => (change < most ? 1 : 0)));
  const greatest = Math.max(...changes);
  return [
    ...CHANGES.map(below),
    mean(changes.map((change) => Math.log(change + 0.1))),
    below(REPEATED * greatest),
    Math.log((Math.min(...changes) + 0.1) / (greatest + 0.1)),
  ];
}

/**
 * @param mosaics     RGB bytes [n, size, size, 3] end to end, whole groups.
 * @param neighbours  frames of a group.
 */
export function statistics(mosaics: Uint8Array, size: number, neighbours: number): number[] {
  const luma = lumaOf(mosaics);
  return [
    ...bandsOf(luma, size),
    ...edgesOf(luma, 1),
    ...edgesOf(luma, size),
    ...levelsOf(mosaics, luma),
    ...changesOf(mosaics, size * size * 3, neighbours),
  ];
}
