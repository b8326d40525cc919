/**
 * The entries of a zip archive as torch writes it: stored as they are, or deflated by someone since. Knows no pickle.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, section 4.3.7; RFC 1951 by zlib.
 */
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { type ByteSource, readRange } from "./byte-source.js";
import { Cursor } from "./cursor.js";
import { refuse } from "./refuse.js";
import { LOCAL_HEADER_BYTES, type ZipEntry } from "./zip-directory.js";

const inflate = promisify(inflateRaw);

const LOCAL_HEADER = 0x04034b50;

/** Where the data of an entry begins: after the local header, whose length only it knows. */
export async function locateEntry(source: ByteSource, entry: ZipEntry): Promise<number> {
  const cursor = new Cursor(await readRange(source, entry.header, LOCAL_HEADER_BYTES), 0);
  if (cursor.uint32() !== LOCAL_HEADER)
    refuse(source.file, entry.name, "has no header where it should begin");
  cursor.take(22);
  const begin = entry.header + LOCAL_HEADER_BYTES + cursor.uint16() + cursor.uint16();
  if (begin + entry.packed > entry.limit) {
    const problem = `ends at byte ${begin + entry.packed}, the next begins at ${entry.limit}`;
    refuse(source.file, entry.name, problem);
  }
  return begin;
}

/**
 * An entry as a whole, unpacked.
 *
 * @param most  More bytes than these are refused, whatever they unpack from.
 * @throws {EngineError} E_FORMAT when it is longer, or does not unpack to the size that it claims.
 */
export async function readZipEntry(source: ByteSource, entry: ZipEntry, most: number): Promise<Uint8Array> {
  const { file } = source;
  const { name, bytes, packed, deflated } = entry;
  if (bytes > most || packed > most) {
    const problem = `takes ${Math.max(bytes, packed)} bytes, the most that is read into memory is ${most}`;
    refuse(file, name, problem);
  }
  const stored = await readRange(source, await locateEntry(source, entry), packed);
  if (!deflated) return stored;
  const whole: Uint8Array = await inflate(stored, { maxOutputLength: Math.max(bytes, 1) }).catch(
    (error: Error) =>
      refuse(file, name, `cannot be unpacked to the ${bytes} bytes it claims: ${error.message}`),
  );
  if (whole.length !== bytes) refuse(file, name, `unpacks to ${whole.length} bytes, it claims ${bytes}`);
  return whole;
}
