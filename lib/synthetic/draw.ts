/** Random draws for clips: a fast generator started from a named counter-based stream, and ranges, choices, subsets. */
import { philox4x32, streamOf } from "../core/rng.js";

/**
 * sfc32, started from one Philox block of its stream: a clip draws some hundred thousand numbers in order, which
 * a counter-based generator would do five times slower. Streams stay independent through their names.
 *
 * Source: Doty-Humphrey, PractRand (sfc32).
 */
export class Sfc32 {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(...name: (string | number | bigint)[]) {
    const stream = streamOf(...name);
    const words = philox4x32([0, 0, 0, 0], [Number(stream & 0xffffffffn), Number(stream >> 32n)]);
    [this.#a = 0, this.#b = 0, this.#c = 0, this.#counter = 0] = Int32Array.from(words);
    for (let warmUp = 0; warmUp < 12; warmUp++) this.word();
  }

  /** 32 random bits as a signed integer. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }

  /** In [0, 1), 32 bits. */
  uniform(): number {
    return (this.word() >>> 0) / 2 ** 32;
  }

  /** Integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal deviate, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** Uniform in [low, high). */
export function between(rng: Sfc32, low: number, high: number): number {
  return low + (high - low) * rng.uniform();
}

/** Uniform integer in [low, high], both included. */
export function integer(rng: Sfc32, low: number, high: number): number {
  return low + rng.below(high - low + 1);
}

export function sign(rng: Sfc32): number {
  return rng.uniform() < 0.5 ? -1 : 1;
}

export function pick<T>(rng: Sfc32, options: readonly T[]): T {
  const chosen = options[rng.below(options.length)];
  if (chosen === undefined) throw new RangeError("pick: the list is empty");
  return chosen;
}

/** `count` different options, in random order. */
export function subset<T>(rng: Sfc32, options: readonly T[], count: number): T[] {
  const rest = [...options];
  const chosen: T[] = [];
  while (chosen.length < count && rest.length > 0) {
    chosen.push(...rest.splice(rng.below(rest.length), 1));
  }
  return chosen;
}
