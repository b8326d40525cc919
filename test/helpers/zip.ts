/** Zip archives written byte by byte, honest and otherwise. */
import { crc32, deflateRawSync } from "node:zlib";

/** An entry; whatever is set besides name and data is said instead of the truth. */
export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  /** Sizes and place as the directory has them. */
  readonly packed?: number;
  readonly bytes?: number;
  readonly header?: number;
}

export interface ZipOptions {
  /** Writes sizes and places in ZIP64 fields, as archives beyond 4 GB have them. */
  readonly zip64?: boolean;
  readonly comment?: string;
  /** What the end record says instead of the truth. */
  readonly entries?: number;
  readonly directoryBytes?: number;
  readonly directoryBegin?: number | bigint;
  readonly end64?: bigint;
}

const ELSEWHERE = 0xffffffff;

/** Fields of [bytes, value], little-endian. */
function fields(...list: readonly (readonly [bytes: number, value: number | bigint])[]): Buffer {
  return Buffer.concat(
    list.map(([size, value]) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      return buffer.subarray(0, size);
    }),
  );
}

export function zipArchive(parts: readonly ZipPart[], options: ZipOptions = {}): Uint8Array {
  const { zip64 = false } = options;
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const data = part.deflate ? deflateRawSync(part.data) : part.data;
    const method = part.method ?? (part.deflate ? 8 : 0);
    const flags = part.flags ?? 0x800;
    const crc = crc32(part.data);
    // Data begins on a multiple of 64, by an extra field of padding, as torch has it.
    const padding = 63 - ((at + 30 + name.length + 4 + 63) % 64);
    const extra = Buffer.concat([fields([2, 0x4246], [2, padding]), Buffer.alloc(padding)]);
    const common = [
      [2, flags],
      [2, method],
      [4, 0],
      [4, crc],
    ] as const;
    const local = Buffer.concat([
      fields(
        [4, 0x04034b50],
        [2, 45],
        ...common,
        [4, data.length],
        [4, part.data.length],
        [2, name.length],
        [2, extra.length],
      ),
      name,
      extra,
      data,
    ]);
    const said = {
      bytes: part.bytes ?? part.data.length,
      packed: part.packed ?? data.length,
      header: part.header ?? at,
    };
    const wide = zip64
      ? fields([2, 1], [2, 24], [8, said.bytes], [8, said.packed], [8, said.header])
      : Buffer.alloc(0);
    const narrow = (value: number): number => (zip64 ? ELSEWHERE : value);
    directory.push(
      fields([4, 0x02014b50], [2, 45], [2, 45], ...common, [4, narrow(said.packed)], [4, narrow(said.bytes)]),
      fields([2, name.length], [2, wide.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, narrow(said.header)]),
      name,
      wide,
    );
    locals.push(local);
    at += local.length;
  }
  const entries = options.entries ?? parts.length;
  const bytes = options.directoryBytes ?? Buffer.concat(directory).length;
  const begin = options.directoryBegin ?? at;
  const comment = Buffer.from(options.comment ?? "");
  const end64 = at + Buffer.concat(directory).length;
  const wideEnd = zip64
    ? [
        fields(
          [4, 0x06064b50],
          [8, 44],
          [2, 45],
          [2, 45],
          [4, 0],
          [4, 0],
          [8, entries],
          [8, entries],
          [8, bytes],
          [8, begin],
        ),
        fields([4, 0x07064b50], [4, 0], [8, options.end64 ?? end64], [4, 1]),
      ]
    : [];
  const whole = Buffer.concat([
    ...locals,
    ...directory,
    ...wideEnd,
    fields([4, 0x06054b50], [2, 0], [2, 0], [2, zip64 ? 0xffff : entries], [2, zip64 ? 0xffff : entries]),
    fields([4, zip64 ? ELSEWHERE : bytes], [4, zip64 ? ELSEWHERE : begin], [2, comment.length]),
    comment,
  ]);
  return new Uint8Array(whole);
}
