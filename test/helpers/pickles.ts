/** Pickles and files of torch.save written byte by byte, honest and otherwise. */
import { type ZipPart, zipArchive } from "./zip.js";

/** Numbers are single bytes, text stands for its characters' codes. */
export type Piece = number | string | Uint8Array;

export function bytes(...pieces: readonly Piece[]): Uint8Array {
  const parts = pieces.map((piece) =>
    typeof piece === "number" ? Uint8Array.of(piece) : Buffer.from(piece as string, "latin1"),
  );
  return new Uint8Array(Buffer.concat(parts));
}

export function uint32(value: number): Uint8Array {
  return bytes(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

export function uint64(value: number | bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return new Uint8Array(view.buffer);
}

/** BINUNICODE. */
export function text(value: string): Uint8Array {
  const utf8 = Buffer.from(value);
  return bytes("X", uint32(utf8.length), utf8);
}

/** A whole number: LONG1 of eight bytes. */
export function integer(value: number | bigint): Uint8Array {
  return bytes(0x8a, 8, uint64(value));
}

export function tuple(...items: readonly Piece[]): Uint8Array {
  return bytes("(", ...items, "t");
}

/** A dict of one SETITEMS. */
export function dict(...items: readonly Piece[]): Uint8Array {
  return bytes("}(", ...items, "u");
}

/** One pickle of protocol 2. */
export function pickle(...pieces: readonly Piece[]): Uint8Array {
  return bytes(0x80, 2, ...pieces, ".");
}

export interface StorageSaid {
  readonly key?: string;
  readonly type?: string;
  readonly elements?: number | bigint;
  /** What the legacy format adds. */
  readonly part?: Piece;
}

/** A persistent id of a storage, looked up. */
export function storage({
  key = "0",
  type = "FloatStorage",
  elements = 4,
  part,
}: StorageSaid = {}): Uint8Array {
  const id = [text("storage"), `ctorch\n${type}\n`, text(key), text("cpu"), integer(elements)];
  return bytes(tuple(...id, ...(part === undefined ? [] : [part])), "Q");
}

export interface TensorSaid extends StorageSaid {
  readonly offset?: number | bigint;
  readonly shape?: readonly (number | bigint)[];
  readonly strides?: readonly (number | bigint)[];
}

/** A tensor as _rebuild_tensor_v2 makes it; a vector over four floats when nothing else is said. */
export function tensor({ offset = 0, shape = [4], strides = [1], ...rest }: TensorSaid = {}): Uint8Array {
  const args = [integer(offset), tuple(...shape.map(integer)), tuple(...strides.map(integer))];
  const hooks = "ccollections\nOrderedDict\n)R";
  return bytes("ctorch._utils\n_rebuild_tensor_v2\n", tuple(storage(rest), ...args, 0x89, hooks), "R");
}

/** A file of the zip format: the pickle, and storages by key. */
export function torchZip(
  value: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  more: readonly ZipPart[] = [],
): Uint8Array {
  return zipArchive([
    { name: "archive/data.pkl", data: value },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
    ...more,
  ]);
}

export interface LegacySaid {
  readonly magic?: Uint8Array;
  readonly version?: Uint8Array;
  readonly value: Uint8Array;
  readonly keys: readonly string[];
  /** Elements as the file counts them, and the bytes. */
  readonly storages: readonly (readonly [elements: number | bigint, data: Uint8Array])[];
}

/** A file of the format before torch 1.6. */
export function torchLegacy({ magic, version, value, keys, storages }: LegacySaid): Uint8Array {
  return bytes(
    magic ?? pickle(0x8a, 10, Buffer.from("6cfc9c46f9206aa85019", "hex")),
    version ?? pickle("M", 0xe9, 0x03),
    pickle(dict(text("little_endian"), 0x88)),
    value,
    pickle("](", ...keys.map(text), "e"),
    ...storages.flatMap(([elements, data]) => [uint64(elements), data]),
  );
}

/** Float32 values as their bytes. */
export function floats(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
