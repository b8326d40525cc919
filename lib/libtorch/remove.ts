/** Takes away what setup has put into the cache, and nothing else that may lie there. */
import { lstat, readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { cannotBeWritten } from "../core/durable.js";
import { waitForLock } from "../core/lock.js";
import { cacheFolder, downloadFolder, type Environment, recordFile, STAGING, setupLock } from "./cache.js";

/**
 * @returns how many bytes there were; 0 when there was nothing.
 * @throws {EngineError} E_FORMAT naming the folder when something stays.
 */
export async function removeCache(env: Environment, onWait: (pid: number) => void): Promise<number> {
  const cache = cacheFolder(env);
  if ((await stat(cache).catch(() => null)) === null) return 0;
  const lock = await waitForLock(setupLock(env), `the cache ${cache}`, onWait);
  try {
    const own = [basename(recordFile(env)), basename(downloadFolder(env))];
    const ours = (await readdir(cache)).filter(
      (name) => own.includes(name) || name.startsWith("libtorch-") || name.startsWith(STAGING),
    );
    let bytes = 0;
    for (const name of ours) {
      bytes += await bytesOf(join(cache, name));
      await rm(join(cache, name), { recursive: true });
    }
    return bytes;
  } catch (error) {
    return cannotBeWritten(cache, error);
  } finally {
    await lock.release(); // the folder stays: somebody may wait for the lock in it
  }
}

async function bytesOf(path: string): Promise<number> {
  const found = await lstat(path); // a link that leads nowhere goes too
  if (!found.isDirectory()) return found.size;
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await lstat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
