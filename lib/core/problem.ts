/** What is wrong with some bytes, said where the file is not known, and the place where the file is added. */
import { refuse } from "./refuse.js";

export class Problem extends Error {}

/**
 * Runs `body`; a Problem of it becomes a refusal of this file.
 *
 * @param key  The part of the file that is read, or null for the file as a whole.
 * @throws {EngineError} E_FORMAT for a Problem; anything else as it is.
 */
export function refusing<T>(file: string, key: string | null, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Problem) return refuse(file, key, error.message);
    throw error;
  }
}
