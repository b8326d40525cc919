/**
 * Unpacks what libtorch needs out of an open wheel, every file held against the SHA-256 that the wheel's RECORD has for
 * it. What does not fit is refused as a whole: the caller throws the half-filled folder away.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInflateRaw } from "node:zlib";
import { writeAt } from "../core/atomic-file.js";
import { sha256 } from "../core/digest.js";
import { drain } from "../core/drain.js";
import { EngineError } from "../core/errors.js";
import { refuse, systemReason } from "../core/refuse.js";
import { locateEntry, readZipEntry } from "../core/zip.js";
import type { ZipEntry } from "../core/zip-directory.js";
import { checkRoom, type FreeBytes, toldFullDisk } from "./room.js";
import type { OpenWheel } from "./wheel.js";

/** Libraries, what a build needs, and the CUDA libraries' own wheels; Python's files are left. */
const KEPT = /^(?:torch\/(?:lib|include|share)|nvidia)\//;
/** A larger file is unpacked piece by piece. */
const WHOLE_BYTES = 2 ** 20;

/** @param onBytes  is told how many bytes are written, and how many there will be. */
export interface UnpackOptions {
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
  readonly free?: FreeBytes | undefined;
}

/**
 * @param target  a folder, made if need be.
 * @throws {EngineError} E_FORMAT naming wheel and entry that does not fit its RECORD or has no name of its own below
 *   `target`; E_NO_LIBTORCH when there is no room; the system's own error where `target` cannot be written to.
 */
export async function unpackWheel(
  wheel: OpenWheel,
  target: string,
  { onBytes = () => {}, free }: UnpackOptions = {},
): Promise<void> {
  const kept = [...wheel.entries.values()].filter(({ name }) => KEPT.test(name) && !name.endsWith("/"));
  for (const { name } of kept) checkName(wheel.source.file, name);
  const total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  await mkdir(target, { recursive: true });
  await checkRoom(target, total, `what ${wheel.source.file} unpacks to`, free);
  const folders = new Set<string>();
  let done = 0;
  for (const entry of kept) {
    const out = join(target, entry.name);
    const folder = dirname(out);
    const make = folders.has(folder) ? null : mkdir(folder, { recursive: true });
    await make?.catch((error: unknown) => toldUnwritten(wheel, entry, target, error));
    folders.add(folder);
    const written =
      entry.bytes <= WHOLE_BYTES
        ? writeWhole(wheel, entry, out)
        : writePieces(wheel, entry, out, (part) => onBytes(done + part, total));
    const found = await written.catch((error: unknown) => toldUnwritten(wheel, entry, target, error));
    checkSum(wheel, entry.name, found);
    done += entry.bytes;
    onBytes(done, total);
  }
}

/** A name that would leave the folder, whichever way. */
function checkName(file: string, name: string): void {
  const parts = name.split("/");
  if (/[\\\0:]/.test(name) || parts.some((part) => part === "" || part === "." || part === ".."))
    refuse(file, name, "is no plain path inside the wheel");
}

/** What the system says of names that it does not take, or that stand in each other's way; all else it says of the place. */
const OF_NAMES = ["ENAMETOOLONG", "EEXIST", "ENOTDIR", "EISDIR", "EILSEQ", "EINVAL"];

/** @throws E_FORMAT naming the wheel for what is wrong with it; the system's own error for the place that is written to. */
function toldUnwritten({ source }: OpenWheel, { name }: ZipEntry, target: string, error: unknown): never {
  const { syscall, path, code = "" } = error as NodeJS.ErrnoException;
  const ofWheel = syscall === "read" || path === source.file || OF_NAMES.includes(code);
  if (!(error instanceof EngineError) && syscall !== undefined && ofWheel)
    refuse(source.file, name, `cannot be unpacked: ${systemReason(error as Error)}`, error);
  return toldFullDisk(target, error);
}

function checkSum({ source, sums }: OpenWheel, name: string, found: string): void {
  const expected = sums.get(name);
  if (expected === undefined) refuse(source.file, name, "is not in the wheel's RECORD");
  if (expected !== found)
    refuse(source.file, name, `its SHA-256 is ${found}, the wheel's RECORD says ${expected}`);
}

/** The entry's SHA-256, hexadecimal. */
type Written = Promise<string>;

async function writeWhole({ source }: OpenWheel, entry: ZipEntry, out: string): Written {
  const bytes = await readZipEntry(source, entry, WHOLE_BYTES * 2);
  await writeFile(out, bytes, { flag: "wx" });
  return sha256(bytes);
}

async function writePieces(
  { source }: OpenWheel,
  entry: ZipEntry,
  out: string,
  onPart: (bytes: number) => void,
): Written {
  const hash = createHash("sha256");
  const begin = await locateEntry(source, entry);
  const packed = createReadStream(source.file, { start: begin, end: begin + entry.packed - 1 });
  const handle = await open(out, "wx");
  let done = 0;
  try {
    const write = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        if (done + piece.length > entry.bytes) refuse(source.file, entry.name, tooLong(entry));
        hash.update(piece);
        await writeAt(handle, piece, done);
        done += piece.length;
        if (done < entry.bytes) onPart(done);
      }
    };
    const inflate = entry.deflated ? [createInflateRaw({ chunkSize: WHOLE_BYTES })] : [];
    await drain(packed, inflate, write).catch((error: unknown) => {
      const { code = "", message } = error as NodeJS.ErrnoException;
      if (code.startsWith("Z_")) refuse(source.file, entry.name, `cannot be unpacked: ${message}`, error);
      throw error;
    });
    if (done !== entry.bytes)
      refuse(source.file, entry.name, `unpacks to ${done} bytes, it claims ${entry.bytes}`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest("hex");
}

function tooLong({ bytes }: ZipEntry): string {
  return `unpacks to more than the ${bytes} bytes it claims`;
}
