/**
 * A disk with little room for a run folder: a small file system, where one is wanted and may be mounted, else writes
 * that fail as on a full one.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly dir: string;
  readonly mounted: boolean;
  /** For processes that are to find it full: arguments of node, and environment. */
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Makes room; processes that start later need neither of the two above. */
  grow(): void;
  dispose(): void;
}

const GROWN = "size=512m";

/** @param bytes  its room. */
export function smallDisk(bytes: number, mount: boolean): SmallDisk {
  const dir = mkdtempSync(join(tmpdir(), "vqathinker-disk-"));
  const mounted = mount && mounts("-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", dir);
  const preload = new URL("./full-disk.js", import.meta.url).href;
  return {
    dir,
    mounted,
    execArgv: mounted ? [] : ["--import", preload],
    env: mounted ? process.env : { ...process.env, VQAT_TEST_ROOM_BYTES: String(bytes) },
    grow() {
      if (mounted) execFileSync("mount", ["-o", `remount,${GROWN}`, dir]);
    },
    dispose() {
      if (mounted) execFileSync("umount", ["-l", dir]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function mounts(...args: string[]): boolean {
  try {
    execFileSync("mount", args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
