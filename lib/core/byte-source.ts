/** Random access to the bytes of one file, for readers of containers. Knows no format. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { noSuchFile } from "./absent.js";
import { TELLING_BYTES } from "./disguise.js";
import { refuse, systemReason } from "./refuse.js";

export interface ByteSource {
  /** What messages call it. */
  readonly file: string;
  readonly size: number;
  /**
   * Fills `into` with the bytes from `offset` on.
   *
   * @throws {EngineError} E_FORMAT when the file ends before.
   */
  read(into: Uint8Array, offset: number): Promise<void>;
}

/** The bytes [offset, offset + length) of a source, in a buffer of their own. */
export async function readRange(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  checkRange(source, offset, length);
  const bytes = new Uint8Array(length);
  await source.read(bytes, offset);
  return bytes;
}

/** The first bytes, as many as tell what a file is. */
export function readStart(source: ByteSource): Promise<Uint8Array> {
  return readRange(source, 0, Math.min(TELLING_BYTES, source.size));
}

/** Checked before a buffer is made, so that a claimed length takes no memory. */
function checkRange({ file, size }: ByteSource, offset: number, length: number): void {
  if (offset < 0 || length < 0 || !(offset + length <= size)) {
    const problem = `expected ${length} bytes from byte ${offset} on, the file has ${size}: is it cut short?`;
    refuse(file, null, problem);
  }
}

/**
 * Opens a file for as long as `use` runs.
 *
 * @throws {EngineError} E_FORMAT when it cannot be opened or is no file; what `use` throws.
 */
export async function withFile<T>(file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    const problem = error.code === "ENOENT" ? noSuchFile(file) : systemReason(error);
    return refuse(file, null, `cannot be opened: ${problem}`, error);
  };
  // Asked before opening: to open a pipe is to wait for its writer.
  if (!(await stat(file).catch(unreadable)).isFile()) return refuse(file, null, "expected a file");
  const handle = await open(file).catch(unreadable);
  try {
    const { size } = await handle.stat();
    return await use({ file, size, read: (into, offset) => fill(handle, file, into, offset) });
  } finally {
    await handle.close();
  }
}

async function fill(handle: FileHandle, file: string, into: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle
      .read(into, done, into.length - done, offset + done)
      .catch((error: Error) => refuse(file, null, `cannot be read: ${error.message}`, error));
    if (bytesRead === 0) refuse(file, null, `ended at byte ${offset + done} while it was read`);
    done += bytesRead;
  }
}
