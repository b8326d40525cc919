/** Folders that are whole or absent, and the traces that a killed writer leaves of them. */
import { lstat, mkdir, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { discard, neighbour } from "./atomic-file.js";
import { cannotBeWritten, makeFolder, syncFolder, syncTree } from "./durable.js";

/** Names of neighbours; those of before there was a count end with the process id. */
const TRACE = /^(.+)\.(part|old|gone)-\d+(?:-\d+)?$/;

/**
 * Fills a folder through `fill`, then puts it in place of `dir`; on failure nothing of it is left and an older `dir`
 * stays as it was. Everything in it is on the disk before its name is; an older one stands aside until then, and
 * `sweepTraces` puts it back where a process ended in between.
 *
 * @throws {EngineError} E_FORMAT naming the folder when it cannot be written; what `fill` throws.
 */
export async function writeFolderAtomic(dir: string, fill: (part: string) => Promise<void>): Promise<void> {
  const [part, old] = [neighbour(dir, "part"), neighbour(dir, "old")];
  try {
    await makeFolder(dirname(dir), dir);
    try {
      await mkdir(part);
      await fill(part);
      await syncTree(part);
      const replaced = await renamed(dir, old);
      await rename(part, dir).catch(async (error: unknown) => {
        if (replaced) await rename(old, dir);
        throw error;
      });
    } catch (error) {
      await discard(part);
      throw error;
    }
    await syncFolder(dirname(dir));
    await discard(old);
  } catch (error) {
    cannotBeWritten(dir, error);
  }
}

/**
 * Takes a folder away: it is gone as a whole, then bit by bit.
 *
 * @throws {EngineError} E_FORMAT naming the folder when it stays.
 */
export async function removeFolder(dir: string): Promise<void> {
  const gone = neighbour(dir, "gone");
  try {
    await rename(dir, gone);
    await syncFolder(dirname(dir));
  } catch (error) {
    cannotBeWritten(dir, error);
  }
  await discard(gone);
}

/**
 * Puts right what killed writers left in a folder: halves are taken away, and what stood aside is put back where
 * nothing took its place. Only for who knows that nobody else writes there.
 *
 * @param own  matches the names, as a whole, that are written there; traces of others stay.
 */
export async function sweepTraces(dir: string, own: RegExp): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const [, target, kind] = TRACE.exec(name) ?? [];
    if (target === undefined || own.exec(target)?.[0] !== target) continue;
    const [path, whole] = [join(dir, name), join(dir, target)];
    if (kind === "old" && (await lstat(whole).catch(() => null)) === null) await rename(path, whole);
    else await discard(path);
  }
}

/** False when there is nothing of that name. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
