/**
 * Counter-based random numbers in named streams: a number depends on its stream and its place in it, never
 * on what was drawn before. native/base/rng.h gives the same numbers.
 *
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10).
 */
import { createHash } from "node:crypto";

/** One Philox4x32-10 block: counter [4] and key [2] of 32-bit words → [4] words. */
export function philox4x32(counter: readonly number[], key: readonly number[]): Uint32Array {
  const out = Uint32Array.from(counter);
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = out;
  let k0 = (key[0] ?? 0) >>> 0;
  let k1 = (key[1] ?? 0) >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out.set([c0, c1, c2, c3]);
  return out;
}

/** Upper 32 bits of the product of two 32-bit words, exact: partial products stay below 2^53. */
function multiplyHigh(a: number, b: number): number {
  const low = (a & 0xffff) * b;
  const high = (a >>> 16) * b + Math.floor(low / 0x10000);
  return Math.floor(high / 0x10000);
}

/**
 * Number (a, b) of a stream: uniform in [0, 1), 53 bits.
 *
 * @param stream  64 bits; low word first in the key.
 * @param a       32-bit counter, for instance of samples.
 * @param b       32-bit counter, for instance of positions.
 */
export function uniform(stream: bigint, a: number, b: number): number {
  const bits = BigInt.asUintN(64, stream);
  const key = [Number(bits & 0xffffffffn), Number(bits >> 32n)];
  const words = philox4x32([a, b, 0, 0], key);
  return (((words[0] ?? 0) >>> 5) * 2 ** 26 + ((words[1] ?? 0) >>> 6)) / 2 ** 53;
}

/** The 64-bit stream that a list of named parts stands for: the first 8 bytes of a SHA-256. */
export function streamOf(...parts: (string | number | bigint)[]): bigint {
  const hash = createHash("sha256");
  for (const part of parts) {
    // Type and length keep ("ab", "c"), ("a", "bc") and (1), ("1") apart.
    const text = String(part);
    hash.update(`${typeof part} ${text.length} ${text}\n`);
  }
  return hash.digest().readBigUInt64LE(0);
}

/** Draws from one stream in order, for plans that need many. */
export class Draws {
  readonly #stream: bigint;
  #next = 0;

  constructor(stream: bigint) {
    this.#stream = stream;
  }

  /** Uniform integer in [0, bound), bound ≥ 1. */
  below(bound: number): number {
    return Math.floor(uniform(this.#stream, this.#next++, 0) * bound);
  }

  /** A permutation of `items`, each equally likely. */
  shuffled(items: ArrayLike<number>): Int32Array {
    const result = Int32Array.from(items);
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = result[i] ?? 0;
      result[i] = result[j] ?? 0;
      result[j] = kept;
    }
    return result;
  }
}
