/** Choices and changes of bytes, all from one stream of draws. */
import type { Draws } from "../../lib/core/rng.js";

export function oneOf<T>(draws: Draws, choices: readonly T[]): T {
  return choices[draws.below(choices.length)] as T;
}

/** True once in `times`. */
export function once(draws: Draws, times: number): boolean {
  return draws.below(times) === 0;
}

const INTERESTING = [0, 1, 0x0a, 0x20, 0x22, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];

/** One change: bits, bytes, numbers, or a stretch taken out, doubled, moved or put in. */
export function mutate(draws: Draws, input: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(input);
  const at = draws.below(bytes.length + 1);
  const length = 1 + draws.below(once(draws, 4) ? 64 : 8);
  const rest = bytes.subarray(Math.min(at + length, bytes.length));
  switch (draws.below(8)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << draws.below(8));
      return bytes;
    case 1:
      bytes[at] = oneOf(draws, INTERESTING);
      return bytes;
    case 2:
      bytes[at] = draws.below(256);
      return bytes;
    case 3:
      bytes.subarray(at, at + length).fill(oneOf(draws, [0, 0xff, 0x7f]));
      return bytes;
    case 4:
      return joined(bytes.subarray(0, at), rest);
    case 5:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
    case 6: {
      const from = draws.below(bytes.length + 1);
      return joined(bytes.subarray(0, at), bytes.subarray(from, from + length), rest);
    }
    default:
      return joined(bytes.subarray(0, at), oneOf(draws, words), once(draws, 2) ? rest : bytes.subarray(at));
  }
}

/** Changes of the bytes in every other input, and now and then an end that comes early. */
export function spoilt(draws: Draws, input: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  let bytes = input;
  if (once(draws, 2)) while (!once(draws, 3)) bytes = mutate(draws, bytes, words);
  return once(draws, 16) ? bytes.subarray(0, draws.below(bytes.length + 1)) : bytes;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
