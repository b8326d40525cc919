/** What setup keeps on this machine, and where: names and one small record. Fetches and searches nothing. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where fetched libtorches live: $XDG_CACHE_HOME/vqathinker, else ~/.cache/vqathinker.
 *
 * Source: XDG Base Directory Specification: a path there that is relative is to be ignored.
 */
export function cacheFolder(env: Environment = process.env): string {
  const named = env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(named) ? named : join(env["HOME"] || homedir(), ".cache"), "vqathinker");
}

/**
 * Folder of a fetched libtorch. A CUDA wheel keeps the wheel's layout, torch/ beside nvidia/, because its
 * libraries find each other by relative paths.
 */
export function cachedRoot(version: string, cuda: boolean, env: Environment = process.env): string {
  const cache = cacheFolder(env);
  return cuda ? join(cache, `libtorch-${version}-cuda`, "torch") : join(cache, `libtorch-${version}`);
}

/** Wheels on their way; a part that a stopped set-up left is gone on with. */
export function downloadFolder(env: Environment = process.env): string {
  return join(cacheFolder(env), "downloads");
}

/** Whoever fetches or removes holds it. */
export function setupLock(env: Environment = process.env): string {
  return join(cacheFolder(env), "setup.lock");
}

/** Names in the cache that hold what is not whole yet; whoever holds the lock may take them away. */
export const STAGING = ".fetch-";

const recordSchema = z.object({ libtorch: z.string().min(1) });

/** Says which libtorch `setup --libtorch` or `setup --venv` named. */
export function recordFile(env: Environment = process.env): string {
  return join(cacheFolder(env), "setup.json");
}

/** The folder that was named; null when none was, or when the record says nothing that we wrote. */
export function recordedLibtorch(env: Environment = process.env): string | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordFile(env), "utf8"))).libtorch;
  } catch {
    return null;
  }
}

/** @throws {EngineError} E_FORMAT when it cannot be written. */
export async function recordLibtorch(root: string, env: Environment = process.env): Promise<void> {
  await writeJsonAtomic(recordFile(env), { libtorch: root });
}
