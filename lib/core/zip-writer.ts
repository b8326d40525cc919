/**
 * Writes a zip archive entry by entry, each one packed piece by piece, so that files larger than memory pass. zip.ts reads
 * it again, and so does any other program: places beyond 4 GB stand in ZIP64 fields.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, section 4.3.
 */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { crc32, createDeflateRaw } from "node:zlib";
import { writeAt } from "./atomic-file.js";
import { drain } from "./drain.js";

const NAMES_ARE_UTF8 = 0x0800;
const DEFLATED = 8;
const VERSION = 45;
/** 1980-01-01, so that equal contents give equal archives. */
const DATE = 0x0021;
const WIDE = 0xffffffff;

interface Written {
  readonly name: Buffer;
  readonly at: number;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
}

export class ZipWriter {
  readonly #handle: FileHandle;
  readonly #entries: Written[] = [];
  #at = 0;

  /** @param handle  of an empty file; stays open. */
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Adds what comes, less than 4 GB; gives its SHA-256, hexadecimal, and size. */
  async add(name: string, content: Readable): Promise<{ sha256: string; bytes: number }> {
    const at = this.#at;
    const label = Buffer.from(name);
    const hash = createHash("sha256");
    let [crc, bytes, end] = [0, 0, at + 30 + label.length];
    const measured = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const piece of pieces) {
        hash.update(piece);
        crc = crc32(piece, crc);
        bytes += piece.length;
        yield piece;
      }
    };
    const written = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        await writeAt(this.#handle, piece, end);
        end += piece.length;
      }
    };
    await drain(content, [measured, createDeflateRaw({ chunkSize: 2 ** 18 })], written);
    const entry: Written = { name: label, at, crc, bytes, packed: end - at - 30 - label.length };
    // The header goes in front of what it describes, once that is known.
    await writeAt(
      this.#handle,
      Buffer.concat([numbers([4, 0x04034b50], ...common(entry), [2, 0]), label]),
      at,
    );
    this.#entries.push(entry);
    this.#at = end;
    return { sha256: hash.digest("hex"), bytes };
  }

  /** Writes the directory: nothing is added after it. */
  async finish(): Promise<void> {
    const rows = this.#entries.map(directoryRow);
    const directory = Buffer.concat(rows);
    const count = rows.length;
    const begin = this.#at;
    const end = begin + directory.length;
    const sizes = [
      [8, count],
      [8, count],
      [8, directory.length],
      [8, begin],
    ] as const;
    const tail = Buffer.concat([
      numbers([4, 0x06064b50], [8, 44], [2, VERSION], [2, VERSION], [4, 0], [4, 0], ...sizes),
      numbers([4, 0x07064b50], [4, 0], [8, end], [4, 1]),
      numbers([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, WIDE], [4, WIDE], [2, 0]),
    ]);
    await writeAt(this.#handle, Buffer.concat([directory, tail]), begin);
  }
}

type Field = readonly [size: 2 | 4 | 8, value: number];

/** What local header and directory say alike. */
function common({ name, crc, packed, bytes }: Written): Field[] {
  return [
    [2, VERSION],
    [2, NAMES_ARE_UTF8],
    [2, DEFLATED],
    [2, 0],
    [2, DATE],
    [4, crc],
    [4, packed],
    [4, bytes],
    [2, name.length],
  ];
}

function directoryRow(entry: Written): Buffer {
  const wide = numbers([2, 1], [2, 8], [8, entry.at]);
  return Buffer.concat([
    numbers(
      [4, 0x02014b50],
      [2, VERSION],
      ...common(entry),
      [2, wide.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, WIDE],
    ),
    entry.name,
    wide,
  ]);
}

/** Little-endian. */
function numbers(...fields: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0));
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) buffer.writeUInt16LE(value, at);
    else if (size === 4) buffer.writeUInt32LE(value, at);
    else buffer.writeBigUInt64LE(BigInt(value), at);
    at += size;
  }
  return buffer;
}
