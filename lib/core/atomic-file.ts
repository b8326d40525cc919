/** Writes that are whole or absent: into a neighbour first, then renamed over the target. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export async function writeAtomic(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part-${process.pid}`;
  await writeFile(part, content);
  await rename(part, file);
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
