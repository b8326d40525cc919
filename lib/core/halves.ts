/** What a process that ended while it wrote leaves beside its file. Knows of names and processes, not of contents. */
import { rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const HALF = /^(.+)\.part-(\d+)-\d+$/;

const unfinished = new Set<string>();

/** Sees to it that a file goes if the process exits before it is finished; gives what says that it is. */
export function untilFinished(half: string): () => void {
  if (unfinished.size === 0) process.on("exit", discardUnfinished);
  unfinished.add(half);
  return () => {
    unfinished.delete(half);
    if (unfinished.size === 0) process.off("exit", discardUnfinished);
  };
}

function discardUnfinished(): void {
  for (const half of unfinished) {
    try {
      rmSync(half, { force: true });
    } catch {
      // The next writing sweeps it.
    }
  }
}

/**
 * Takes away files in `dir` that processes of this machine left half written. Processes are told apart by their ids
 * alone: that of a later process keeps a half where it is.
 *
 * @param own  whether a name is the caller's to write; halves of others stay.
 */
export async function sweepHalves(dir: string, own: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const [, whole, pid] = HALF.exec(name) ?? [];
    if (whole === undefined || !own(whole) || isRunning(Number(pid))) continue;
    // Without recursion: a folder is no half of a file.
    await rm(join(dir, name), { force: true }).catch(() => {});
  }
}

/** Whether a process has this id, be it the same or a later one. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
