/**
 * Libraries that were cut short are refused before they are opened: what is missing of a mapped file ends the whole
 * process by SIGBUS when it is touched. A few reads of each file's headers.
 */
import { EngineError } from "../core/errors.js";
import { cutOf } from "./elf.js";

/** @throws {EngineError} E_UNAVAILABLE for the first that is cut short, as cutError tells it. */
export function checkWhole(files: readonly string[], anew: string): void {
  for (const file of files) {
    const error = cutError(file, anew);
    if (error !== null) throw error;
  }
}

/** The file, both lengths and `anew`, what to do; null unless the file is cut short. */
export function cutError(file: string, anew: string): EngineError | null {
  const cut = cutOf(file);
  if (cut === null) return null;
  const { expected, found } = cut;
  const message = `${file} is cut short: its headers tell of ${expected} bytes, it has ${found}; ${anew}`;
  return new EngineError("E_UNAVAILABLE", message, { details: { file, expected, found } });
}
