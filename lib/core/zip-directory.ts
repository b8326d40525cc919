/**
 * The directory of a zip archive: names, sizes and places of its entries, every claim held against the file. Knows no
 * pickle, and reads no entry.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
 */
import { type ByteSource, readRange } from "./byte-source.js";
import { Cursor } from "./cursor.js";
import { Problem, refusing } from "./problem.js";
import { printable, refuse } from "./refuse.js";

const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

/** Before name and extra fields. */
export const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_END_BYTES = 22;
const DIRECTORY_END_64_BYTES = 56;
const LOCATOR_64_BYTES = 20;
const MAX_COMMENT_BYTES = 0xffff;
/** A field of 32 bits that says: look in the ZIP64 field. */
const ELSEWHERE = 0xffffffff;
const ZIP64_FIELD = 1;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;

/** Room for 200,000 entries; a checkpoint has as many as it has tensors. */
const MAX_DIRECTORY_BYTES = 2 ** 24;

export interface ZipEntry {
  readonly name: string;
  /** Where its local header begins. */
  readonly header: number;
  /** Where the next entry or the directory begins. */
  readonly limit: number;
  /** Bytes in the file. */
  readonly packed: number;
  /** Bytes when unpacked. */
  readonly bytes: number;
  readonly deflated: boolean;
}

interface Directory {
  readonly begin: number;
  readonly bytes: number;
  readonly entries: number;
}

/** @throws {EngineError} E_FORMAT when the directory is missing, cut short, or contradicts itself or the file. */
export async function readZipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { file } = source;
  const directory = await findDirectory(source);
  if (directory.bytes > MAX_DIRECTORY_BYTES) {
    const problem = `its zip directory claims ${directory.bytes} bytes, the most is ${MAX_DIRECTORY_BYTES}`;
    refuse(file, null, problem);
  }
  const bytes = await readRange(source, directory.begin, directory.bytes);
  return refusing(file, "zip directory", () => {
    const cursor = new Cursor(bytes, 0);
    const entries: ZipEntry[] = [];
    while (cursor.left > 0) entries.push(readEntry(cursor));
    if (entries.length !== directory.entries)
      throw new Problem(`expected ${directory.entries} entries, found ${entries.length}`);
    return apart(entries, directory.begin);
  });
}

/** The end record is the last thing in the file but for a comment of known length. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const { file, size } = source;
  const tail = await readRange(
    source,
    Math.max(0, size - DIRECTORY_END_BYTES - MAX_COMMENT_BYTES - LOCATOR_64_BYTES),
    Math.min(size, DIRECTORY_END_BYTES + MAX_COMMENT_BYTES + LOCATOR_64_BYTES),
  );
  const view = new DataView(tail.buffer);
  for (let at = tail.length - DIRECTORY_END_BYTES; at >= 0; at--) {
    const comment = tail.length - at - DIRECTORY_END_BYTES;
    if (view.getUint32(at, true) !== DIRECTORY_END || view.getUint16(at + 20, true) !== comment) continue;
    const end = size - tail.length + at;
    const locator = at - LOCATOR_64_BYTES;
    const directory =
      locator >= 0 && view.getUint32(locator, true) === LOCATOR_64
        ? await readEnd64(source, new Cursor(tail, locator + 8).uint64())
        : readEnd(new Cursor(tail, at + 10));
    if (directory.begin + directory.bytes > end) {
      const problem = `its zip directory ends at byte ${directory.begin + directory.bytes}, its end record is at ${end}`;
      refuse(file, null, problem);
    }
    return directory;
  }
  return refuse(file, null, "expected the end record of a zip archive, found none: is it cut short?");
}

function readEnd(cursor: Cursor): Directory {
  const entries = cursor.uint16();
  const bytes = cursor.uint32();
  return { entries, bytes, begin: cursor.uint32() };
}

async function readEnd64(source: ByteSource, at: number): Promise<Directory> {
  const cursor = new Cursor(await readRange(source, at, DIRECTORY_END_64_BYTES), 0);
  if (cursor.uint32() !== DIRECTORY_END_64)
    refuse(source.file, null, `expected the ZIP64 end record at byte ${at}, found something else`);
  cursor.take(28);
  const entries = cursor.uint64();
  const bytes = cursor.uint64();
  return { entries, bytes, begin: cursor.uint64() };
}

type Claimed = Omit<ZipEntry, "limit">;

function readEntry(cursor: Cursor): ZipEntry {
  if (cursor.uint32() !== DIRECTORY_ENTRY) throw new Problem("expected an entry, found something else");
  cursor.take(4);
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.take(8);
  const packed = cursor.uint32();
  const bytes = cursor.uint32();
  const nameBytes = cursor.uint16();
  const extraBytes = cursor.uint16();
  const commentBytes = cursor.uint16();
  cursor.take(8);
  const header = cursor.uint32();
  const name = cursor.text(nameBytes);
  const extra = new Cursor(cursor.take(extraBytes), 0);
  cursor.take(commentBytes);
  if ((flags & ENCRYPTED_FLAG) !== 0) throw new Problem(`${printable(name)} is encrypted`);
  if (method !== STORED && method !== DEFLATED)
    throw new Problem(`${printable(name)} is packed by method ${method}, expected ${STORED} or ${DEFLATED}`);
  const claimed = { name, deflated: method === DEFLATED, ...wide({ bytes, packed, header }, extra) };
  if (method === STORED && claimed.packed !== claimed.bytes)
    throw new Problem(`${printable(name)} is stored in ${claimed.packed} bytes and claims ${claimed.bytes}`);
  return { ...claimed, limit: Number.NaN };
}

/** Takes what does not fit 32 bits from the ZIP64 field, in the order of the format. */
function wide(
  narrow: Pick<Claimed, "bytes" | "packed" | "header">,
  extra: Cursor,
): Pick<Claimed, "bytes" | "packed" | "header"> {
  let field = new Cursor(new Uint8Array(0), 0);
  while (extra.left >= 4) {
    const id = extra.uint16();
    const content = extra.take(extra.uint16());
    if (id === ZIP64_FIELD) field = new Cursor(content, 0);
  }
  const pick = (value: number): number => (value === ELSEWHERE ? field.uint64() : value);
  return { bytes: pick(narrow.bytes), packed: pick(narrow.packed), header: pick(narrow.header) };
}

/** The entries by name; refuses two of one name and those that lie in each other or in the directory. */
function apart(entries: readonly ZipEntry[], end: number): ReadonlyMap<string, ZipEntry> {
  const byName = new Map<string, ZipEntry>();
  const ordered = entries.toSorted((a, b) => a.header - b.header);
  for (const [i, entry] of ordered.entries()) {
    const limit = ordered[i + 1]?.header ?? end;
    const least = entry.header + LOCAL_HEADER_BYTES + entry.packed;
    if (!(least <= limit))
      throw new Problem(`${printable(entry.name)} reaches byte ${least}, what follows it begins at ${limit}`);
    if (byName.has(entry.name)) throw new Problem(`${printable(entry.name)} stands twice`);
    byName.set(entry.name, { ...entry, limit });
  }
  return byName;
}
