/** Whether there is room on a disk, asked before gigabytes are written, and what is said when there is none. */
import { statfs } from "node:fs/promises";
import { EngineError } from "../core/errors.js";

/** Bytes that a user may still write below a folder that is there. */
export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** @throws {EngineError} E_NO_LIBTORCH naming folder, need and what is free. */
export async function checkRoom(
  folder: string,
  bytes: number,
  what: string,
  free: FreeBytes = freeBytes,
): Promise<void> {
  const found = await free(folder);
  if (found < bytes) throw noRoom(folder, `${what} takes ${megabytes(bytes)}, ${megabytes(found)} are free`);
}

/** @throws {EngineError} E_NO_LIBTORCH when the disk ran full meanwhile; anything else as it is. */
export function toldFullDisk(folder: string, error: unknown): never {
  if (isFull(error)) throw noRoom(folder, "the disk ran full", error);
  throw error;
}

export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function noRoom(folder: string, why: string, cause?: unknown): EngineError {
  const message = `no room in ${folder}: ${why}; make room, or let XDG_CACHE_HOME name a folder on a larger disk`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { folder }, cause });
}

/** Like "192 MB", powers of ten. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
