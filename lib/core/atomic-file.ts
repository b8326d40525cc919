/** Writes that are whole or absent: into a neighbour first, then renamed over the target. */
import { type FileHandle, mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export async function writeAtomic(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part-${process.pid}`;
  await writeFile(part, content);
  await rename(part, file);
}

/** A value as JSON that a person can read, ended by a line feed. */
export function writeJsonAtomic(file: string, value: object): Promise<void> {
  return writeAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes a file through `fill`, piece by piece where it is too large for memory; on failure nothing of it is left and
 * an older file stays as it was.
 */
export async function fillFileAtomic(
  file: string,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part-${process.pid}`;
  try {
    const handle = await open(part, "w");
    await fill(handle).finally(() => handle.close());
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** All of `bytes`, at this place of the file: one write may take less. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

/**
 * Fills a folder through `fill`, then puts it in place of `dir`; on failure nothing of it is left and an
 * older `dir` stays as it was.
 */
export async function writeFolderAtomic(dir: string, fill: (part: string) => Promise<void>): Promise<void> {
  const part = `${dir}.part-${process.pid}`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  try {
    await fill(part);
    await rm(dir, { recursive: true, force: true });
    await rename(part, dir);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}
