/** What is said of a file that is no good, and the first look at one. Knows no format. */
import { stat } from "node:fs/promises";
import { noSuchFile } from "../core/absent.js";
import { EngineError } from "../core/errors.js";
import { systemReason } from "../core/refuse.js";

export function mediaError(file: string, what: string, cause?: unknown): EngineError {
  return new EngineError("E_MEDIA", `${file}: ${what}`, { details: { file }, cause });
}

/** @throws {EngineError} E_MEDIA when it is missing, unreadable, empty or a directory. */
export async function checkFile(file: string): Promise<void> {
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw mediaError(file, noSuchFile(file), cause);
    throw mediaError(file, `cannot be opened (${systemReason(cause as Error)})`, cause);
  }
  if (facts.isDirectory()) throw mediaError(file, "expected a file, found a directory");
  if (facts.size === 0) throw mediaError(file, "expected a video or an image, found an empty file");
}
