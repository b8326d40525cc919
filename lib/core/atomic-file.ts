/** Files that are whole or absent, whatever ends the writing: into a neighbour first, then renamed over the target. */
import { type FileHandle, lstat, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { cannotBeWritten, makeFolder, syncFolder } from "./durable.js";
import { sweepHalves, untilFinished } from "./halves.js";
import { refuse } from "./refuse.js";

let neighbours = 0;

/** A name beside `path` that nobody else writes to. */
export function neighbour(path: string, kind: "part" | "old" | "gone"): string {
  return `${path}.${kind}-${process.pid}-${neighbours++}`;
}

/**
 * Writes a file whole, or leaves an older one as it was. What is no plain file, such as /dev/stdout, is written to.
 *
 * @throws {EngineError} E_FORMAT naming the file when it cannot be written.
 */
export async function writeAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found !== null && !found.isFile() && !found.isDirectory())
    return writeFile(file, content).catch((error: unknown) => cannotBeWritten(file, error));
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return fillFileAtomic(file, (handle) => writeAt(handle, bytes, 0));
}

/** A value as JSON that a person can read, ended by a line feed. */
export function writeJsonAtomic(file: string, value: object): Promise<void> {
  return writeAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes a file through `fill`, piece by piece where it is too large for memory; on failure nothing of it is left and
 * an older file stays as it was. The bytes are on the disk before the name is. What killed writers of this file left
 * beside it goes.
 *
 * @throws {EngineError} E_FORMAT naming the file when it cannot be written; what `fill` throws.
 */
export async function fillFileAtomic(
  file: string,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await makeFolder(dirname(file), file);
    const target = await targetOf(file);
    await sweepHalves(dirname(target), (name) => name === basename(target));
    const part = neighbour(target, "part");
    const finished = untilFinished(part);
    try {
      const handle = await open(part, "wx");
      await fill(handle)
        .then(() => handle.sync())
        .finally(() => handle.close());
      await rename(part, target);
    } catch (error) {
      await discard(part);
      throw error;
    } finally {
      finished();
    }
    await syncFolder(dirname(target));
  } catch (error) {
    cannotBeWritten(file, error);
  }
}

/** Where the file itself lies: a link stays, and what it leads to is replaced. */
async function targetOf(file: string): Promise<string> {
  const found = await lstat(file).catch(() => null);
  if (found === null || found.isFile()) return file;
  if (!found.isSymbolicLink()) return refuse(file, null, "cannot be written: it is no plain file");
  const target = await realpath(file).catch(() =>
    refuse(file, null, "cannot be written: its link leads nowhere"),
  );
  return targetOf(target);
}

/** Takes away what is left of a failure, which is the one to be told. */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
}

/** All of `bytes`, at this place of the file: one write may take less. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
