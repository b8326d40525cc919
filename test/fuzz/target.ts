/** What a fuzz target is, and what every reader of files owes it. */
import { EngineError, type ErrorCode } from "../../lib/core/errors.js";
import type { Draws } from "../../lib/core/rng.js";

/** A longer input is cut. */
export const MAX_INPUT_BYTES = 2 ** 16;
/** The name under which targets read their inputs: every refusal must begin with it. */
export const INPUT_FILE = "fuzz-input";
/** A refusal repeats no more of a file than a line. */
const MAX_MESSAGE_CHARACTERS = 1000;

/** How a reader may refuse, where it is not as most do. */
export interface Refusal {
  /** E_FORMAT. */
  readonly code?: ErrorCode;
  /** What its message begins with: INPUT_FILE. */
  readonly file?: string;
  /** Longest message, characters. */
  readonly longest?: number;
}

export interface FuzzTarget {
  /** Files of lib/ that read what others wrote, all of which this target feeds. */
  readonly READERS: readonly string[];
  /** An input, a function of the draws alone. */
  make(draws: Draws): Uint8Array;
  /** Reads it: true when it was taken and all that was read holds, false when it was refused. Throws otherwise. */
  check(input: Uint8Array): Promise<boolean>;
}

/**
 * Runs a reader, and lets pass only the one way to refuse: with its code, and the file named first.
 *
 * @throws whatever else the reader threw, or what is wrong with its refusal.
 */
export async function takes(read: () => Promise<void> | void, refusal: Refusal = {}): Promise<boolean> {
  const { code: expected = "E_FORMAT", file = INPUT_FILE, longest = MAX_MESSAGE_CHARACTERS } = refusal;
  try {
    await read();
    return true;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, message } = error;
    if (code !== expected) throw new Error(`refused with ${code}: ${message}`, { cause: error });
    if (!message.startsWith(file)) throw new Error(`does not name the file first: ${message}`);
    if (message.length > longest)
      throw new Error(`refused with ${message.length} characters`, { cause: error });
    return false;
  }
}
