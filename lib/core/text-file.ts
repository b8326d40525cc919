/** Bytes of small files, strictly: absent is not unreadable, and text is UTF-8 or refused. Knows no format. */
import { readFile, stat } from "node:fs/promises";
import { refuse } from "./refuse.js";

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/**
 * The whole file; null when there is none of that name.
 *
 * @throws {EngineError} E_FORMAT when there is one that cannot be read.
 */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    return refuse(path, null, `cannot be read: ${(cause as Error).message}`, cause);
  }
}

/**
 * The text of UTF-8 bytes, without a byte order mark.
 *
 * @param source  What the bytes are, for messages.
 * @throws {EngineError} E_FORMAT when they are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(source, null, "expected UTF-8 text, found bytes that are not");
  }
}
