/**
 * What the header of an ELF library tells: where its tables stand, and how long its file must be. Of 64 bits and
 * little-endian alone, as every library is that we open. Loads nothing.
 *
 * Source: System V Application Binary Interface, "Object Files".
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** 0x7f "ELF", and the two bytes behind it. */
const MAGIC = 0x464c457f;
const BITS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER = 64;
const PROGRAM_HEADER = 56;
export const SECTION_HEADER = 64;

/** A row of headers in the file: where it begins, bytes of each, how many. */
interface Table {
  readonly at: number;
  readonly bytes: number;
  readonly count: number;
}

export interface Elf {
  /** Of the file, bytes. */
  readonly size: number;
  readonly programs: Table;
  readonly sections: Table;
  /** Which section holds the names of the sections. */
  readonly namesAt: number;
  /** So many bytes from there on as the file has, `length` at most; none from behind its end. */
  read(at: number, length: number): Buffer;
}

/** The lengths of a file that was cut short, bytes. */
export interface Cut {
  /** What its headers tell of, at least. */
  readonly expected: number;
  readonly found: number;
}

/**
 * Opens a library for as long as `use` runs.
 *
 * @returns null for a file that is no such library, or ends within its own header.
 * @throws  the file system's own error.
 */
export function withElf<T>(file: string, use: (elf: Elf) => T): T | null {
  return opened(file, (size, read) => {
    const header = read(0, HEADER);
    return header.length < HEADER || !isElf(header) ? null : use({ size, read, ...tablesOf(header) });
  });
}

/**
 * Whether a file ends before what its headers tell of. Whoever maps such a library is ended by the system when it
 * touches what is not there.
 *
 * @returns null for a file that is whole, is no library, or cannot be read: whoever opens it says so in order.
 */
export function cutOf(file: string): Cut | null {
  try {
    return opened(file, (size, read) => {
      const header = read(0, HEADER);
      if (!isElf(header)) return null;
      const expected = header.length < HEADER ? HEADER : extentOf({ size, read, ...tablesOf(header) });
      return expected > size ? { expected, found: size } : null;
    });
  } catch {
    return null;
  }
}

/** Where the last of its tables and segments ends. Sections may lie behind: nothing maps them. */
function extentOf({ read, programs, sections }: Elf): number {
  const end = ({ at, bytes, count }: Table) => at + bytes * count;
  const ends = [HEADER, end(programs), end(sections)];
  // Of another size they are none, and the system's own loader refuses them.
  if (programs.bytes !== PROGRAM_HEADER) return Math.max(...ends);
  const rows = read(programs.at, end(programs) - programs.at);
  for (let at = 0; at + PROGRAM_HEADER <= rows.length; at += PROGRAM_HEADER)
    ends.push(Number(rows.readBigUInt64LE(at + 0x08)) + Number(rows.readBigUInt64LE(at + 0x20)));
  return ends.reduce((most, one) => Math.max(most, one));
}

function isElf(header: Buffer): boolean {
  return (
    header.length >= 6 &&
    header.readUInt32LE(0) === MAGIC &&
    header[4] === BITS_64 &&
    header[5] === LITTLE_ENDIAN
  );
}

function tablesOf(header: Buffer): Pick<Elf, "programs" | "sections" | "namesAt"> {
  const table = (place: number, form: number): Table => ({
    at: Number(header.readBigUInt64LE(place)),
    bytes: header.readUInt16LE(form),
    count: header.readUInt16LE(form + 2),
  });
  return { programs: table(0x20, 0x36), sections: table(0x28, 0x3a), namesAt: header.readUInt16LE(0x3e) };
}

function opened<T>(file: string, use: (size: number, read: Elf["read"]) => T): T | null {
  // Asked before opening: to open a pipe is to wait for its writer.
  if (!statSync(file).isFile()) return null;
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    return use(size, (at, length) => {
      if (at >= size) return Buffer.alloc(0);
      const buffer = Buffer.alloc(Math.min(length, size - at));
      return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, at));
    });
  } finally {
    closeSync(handle);
  }
}
