/** What a fuzz target is, and what every reader of files owes it. */
import { EngineError } from "../../lib/core/errors.js";
import type { Draws } from "../../lib/core/rng.js";

/** A longer input is cut. */
export const MAX_INPUT_BYTES = 2 ** 16;
/** The name under which targets read their inputs: every refusal must begin with it. */
export const INPUT_FILE = "fuzz-input";
/** A refusal repeats no more of a file than a line. */
const MAX_MESSAGE_CHARACTERS = 1000;

export interface FuzzTarget {
  /** An input, a function of the draws alone. */
  make(draws: Draws): Uint8Array;
  /** Reads it: true when it was taken and all that was read holds, false when it was refused. Throws otherwise. */
  check(input: Uint8Array): Promise<boolean>;
}

/**
 * Runs a reader, and lets pass only the one way to refuse: E_FORMAT, with the file named first.
 *
 * @throws whatever else the reader threw, or what is wrong with its refusal.
 */
export async function takes(read: () => Promise<void>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, message } = error;
    if (code !== "E_FORMAT") throw new Error(`refused with ${code}: ${message}`, { cause: error });
    if (!message.startsWith(INPUT_FILE)) throw new Error(`does not name the file first: ${message}`);
    if (message.length > MAX_MESSAGE_CHARACTERS) throw new Error(`refused with ${message.length} characters`);
    return false;
  }
}
