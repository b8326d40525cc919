/**
 * Random bfloat16 values for weights nobody trained: fast, and the same for the same seed and tensor name. Magnitudes
 * are those of a fresh network, so that activations stay finite through any depth; no vector is all zeros or ones, so
 * that a mistake in one would show.
 */
import { elementCount } from "../core/element-types.js";
import { streamOf } from "../core/rng.js";

/** Values around `mean`, uniform within ± `spread`. */
interface Range {
  readonly mean: number;
  readonly spread: number;
}

const PIECE_VALUES = 1 << 22;
const TABLE = 1 << 16;

/** What a tensor's name and shape say of its values. */
export function rangeOf(name: string, shape: readonly number[]): Range {
  if (name.endsWith("running_var")) return { mean: 1, spread: 0.5 };
  if (name.endsWith("running_mean")) return { mean: 0, spread: 0.1 };
  if (/lambda_\d$/.test(name)) return { mean: 0.1, spread: 0.02 };
  if (name.endsWith("bias")) return { mean: 0, spread: 0.02 };
  if (shape.length === 1) return { mean: 1, spread: 0.1 };
  // Convolutions [out, in, time, height, width] keep the size of what they are given through ReLU.
  if (shape.length === 5) return { mean: 0, spread: Math.sqrt(6 / elementCount(shape.slice(1))) };
  return { mean: 0, spread: 0.035 };
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The upper half of a float32, rounded to nearest even. */
export function toBfloat16(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Every value that the range gives, by 16 random bits. */
function valueTable({ mean, spread }: Range): Uint16Array {
  const table = new Uint16Array(TABLE);
  for (let i = 0; i < TABLE; i++) table[i] = toBfloat16(mean + spread * ((2 * (i + 0.5)) / TABLE - 1));
  return table;
}

/**
 * The bytes of a random tensor, in pieces that share one buffer.
 *
 * Source of the bits: Marsaglia, "Xorshift RNGs", 2003 (128 bits of state), seeded by a hash of seed and name.
 */
export function* randomBfloat16(seed: number, name: string, shape: readonly number[]): Generator<Uint8Array> {
  const table = valueTable(rangeOf(name, shape));
  const words = [0, 1].map((half) => streamOf("random weights", seed, name, half));
  let [x = 0, y = 0, z = 0, w = 1] = words.flatMap((word) => [
    Number(word & 0xffffffffn) | 0,
    Number(word >> 32n) | 1,
  ]);
  const count = elementCount(shape);
  const piece = new Uint16Array(Math.min(count, PIECE_VALUES));
  for (let done = 0; done < count; done += piece.length) {
    const length = Math.min(piece.length, count - done);
    for (let i = 0; i < length; i += 2) {
      const t = x ^ (x << 11);
      x = y;
      y = z;
      z = w;
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
      piece[i] = table[w & 0xffff] as number;
      if (i + 1 < length) piece[i + 1] = table[w >>> 16] as number;
    }
    yield new Uint8Array(piece.buffer, 0, 2 * length);
  }
}
