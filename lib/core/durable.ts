/** What lasts on disk: folders made one by one, bytes that outlive a power cut, and how it is said that they cannot. */
import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { lostName, statIfThere } from "./absent.js";
import { EngineError } from "./errors.js";
import { refuse, systemReason } from "./refuse.js";

/** What the system says where a folder cannot be opened or synced as a file can. */
const NO_FOLDER_SYNC = ["EINVAL", "ENOTSUP", "EPERM", "EACCES", "EISDIR"];

/** @throws {EngineError} E_FORMAT naming the file, for an error of the system; anything else as it is. */
export function cannotBeWritten(file: string, error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (
    !(error instanceof Error) ||
    error instanceof EngineError ||
    code === undefined ||
    syscall === undefined
  )
    throw error;
  return refuse(file, null, `cannot be written: ${systemReason(error)}`, error);
}

/**
 * Makes a folder and those above it. One by one: Node's own recursion never ends where the system refuses a folder
 * with "no such file" though the one above is there, as under /proc.
 *
 * @param wanted  what cannot be written without it, for messages.
 * @throws {EngineError} E_FORMAT naming that and what stands in the way.
 */
export async function makeFolder(dir: string, wanted = dir): Promise<void> {
  await makeAll(resolve(dir), wanted).catch((error: unknown) => cannotBeWritten(wanted, error));
}

async function makeAll(path: string, wanted: string): Promise<void> {
  const found = await kindOf(path);
  if (found === "folder") return;
  if (found === "other") refuse(wanted, null, `cannot be written: ${path} is no folder`);
  const lost = lostName(path);
  if (lost !== null) refuse(wanted, null, `cannot be written: ${lost}`);
  await makeAll(dirname(path), wanted);
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else was faster, or a link there leads nowhere.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if ((await kindOf(path)) !== "folder")
      refuse(wanted, null, `cannot be written: ${path} is no folder`, error);
  }
  await syncFolder(dirname(path));
}

async function kindOf(path: string): Promise<"folder" | "other" | "nothing"> {
  // Below a file there is nothing; the file itself is met one step up.
  const found = await statIfThere(path);
  if (found === null) return "nothing";
  return found.isDirectory() ? "folder" : "other";
}

/** Waits until a file's bytes are on the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  await handle.sync().finally(() => handle.close());
}

/** Waits until the names in a folder are on the disk, where its file system knows how. */
export async function syncFolder(dir: string): Promise<void> {
  try {
    await syncFile(dir);
  } catch (error) {
    if (!NO_FOLDER_SYNC.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Waits until everything in a folder is on the disk. */
export async function syncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncFolder(dir);
}
