/** Bytes of small files, strictly: absent is not unreadable, and text is UTF-8 or refused. Knows no format. */
import { readFile, stat } from "node:fs/promises";
import { danglingTarget, noSuchFile } from "./absent.js";
import { noText } from "./disguise.js";
import { refuse, systemReason } from "./refuse.js";

/** @throws {EngineError} E_FORMAT for a link that leads nowhere: a file was meant to be there. */
export async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null && danglingTarget(path) !== null) return refuse(path, null, noSuchFile(path));
  return stats?.isFile() ?? false;
}

/**
 * The whole file; null when there is none of that name.
 *
 * @throws {EngineError} E_FORMAT when there is one that cannot be read, or a link that leads nowhere.
 */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (absent && danglingTarget(path) === null) return null;
    const problem = absent ? noSuchFile(path) : `cannot be read: ${systemReason(cause as Error)}`;
    return refuse(path, null, problem, cause);
  }
}

/**
 * The text of UTF-8 bytes, without a byte order mark.
 *
 * @param source  What the bytes are, for messages.
 * @throws {EngineError} E_FORMAT when they are not UTF-8, or are not the file that was meant but what a download left, a picture or a video.
 */
export function decodeUtf8(bytes: Uint8Array, source: string): string {
  const found = noText(bytes);
  if (found !== null) refuse(source, null, `expected text, found ${found}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse(source, null, "expected UTF-8 text, found bytes that are not");
  }
}
