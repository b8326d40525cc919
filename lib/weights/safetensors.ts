/**
 * The safetensors container: its header read with every lie refused, and laid out for writing. Knows bytes,
 * names and shapes; nothing of models. Tensor data is read by the engine, from the byte ranges found here.
 *
 * A file is: header length N (8 bytes, little-endian), N bytes of JSON, then the tensors end to end.
 */

import { type ByteSource, readRange, readStart, withFile } from "../core/byte-source.js";
import { disguisedWeights } from "../core/disguise.js";
import { ELEMENT_BYTES, elementCount, type StoredDType } from "../core/element-types.js";
import { isJsonObject, type JsonObject, parseJsonObject } from "../core/json.js";
import { printable, refuse, shown } from "../core/refuse.js";

/**
 * Longest header that is read: room for 200,000 tensors. The format allows 100 MB, but parsing so much JSON can take
 * gigabytes and minutes, and a file is not trusted with either.
 */
const MAX_HEADER_BYTES = 2 ** 24;
const LENGTH_BYTES = 8;
/** Readers of the format may map the file, so the data starts on a multiple of this. */
const DATA_ALIGNMENT = 8;

/** No header's length reads so. */
const TEXT = /^[\s -~]+$/;
/** The format wants it first: nothing may hide before the header. */
const OPENING_BRACE = 0x7b;

/** A shape or place whose numbers have a point or a power, which the format's own reader refuses: 16.0 is no count. */
const BROKEN_COUNT = /"(?:shape|data_offsets)"\s*:\s*\[[^\]"]*[.eE][^\]"]*\]/;
const LONE_SURROGATE = /\p{Cs}/u;

/** One tensor as the header describes it. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly file: string;
  /** First byte and one past the last, from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (!isJsonObject(value)) return refuse(file, "__metadata__", "expected an object of strings");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string" || LONE_SURROGATE.test(key + text))
      refuse(file, `__metadata__.${key}`, `expected a string, found ${shown(text)}`);
  }
  return { ...value } as Record<string, string>;
}

function readEntry(
  name: string,
  entry: unknown,
  file: string,
  dataBegin: number,
  fileBytes: number,
): StoredTensor {
  if (LONE_SURROGATE.test(name)) refuse(file, name, "expected text as its name, found half a surrogate pair");
  if (!isJsonObject(entry))
    return refuse(file, name, "expected an object with dtype, shape and data_offsets");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    const problem = `expected a dtype among ${Object.keys(ELEMENT_BYTES).join(", ")}, found ${shown(dtype)}`;
    return refuse(file, name, problem);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(file, name, `expected a shape of whole numbers, found ${shown(shape)}`);
  }
  const bytes = elementCount(shape) * ELEMENT_BYTES[dtype as StoredDType];
  if (!Number.isSafeInteger(bytes))
    return refuse(file, name, `the shape ${shown(shape)} is too large for any file`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return refuse(file, name, `expected data_offsets of two whole numbers, found ${shown(offsets)}`);
  }
  const [first, last] = offsets as [number, number];
  if (last - first !== bytes) {
    const problem = `${dtype} ${shown(shape)} takes ${bytes} bytes, data_offsets span ${last - first}`;
    return refuse(file, name, problem);
  }
  const begin = dataBegin + first;
  const end = dataBegin + last;
  if (end > fileBytes) {
    const problem = `ends at byte ${end}, the file has ${fileBytes}: it is truncated or its header is wrong`;
    return refuse(file, name, problem);
  }
  return { name, dtype: dtype as StoredDType, shape, file, begin, end };
}

/** Refuses overlaps, gaps and bytes after the last tensor. */
function checkCoverage(
  tensors: readonly StoredTensor[],
  file: string,
  dataBegin: number,
  fileBytes: number,
): void {
  let covered = dataBegin;
  for (const tensor of tensors) {
    if (tensor.begin < covered) {
      const problem = `begins at byte ${tensor.begin}, inside the tensor before it, which ends at ${covered}`;
      refuse(file, tensor.name, problem);
    }
    if (tensor.begin > covered)
      refuse(file, tensor.name, `begins at byte ${tensor.begin}, leaving a gap after byte ${covered}`);
    covered = tensor.end;
  }
  if (covered !== fileBytes)
    refuse(file, null, `${fileBytes - covered} bytes follow the last tensor, expected none`);
}

function readTensors(header: JsonObject, file: string, dataBegin: number, fileBytes: number): StoredTensor[] {
  const tensors = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => readEntry(name, entry, file, dataBegin, fileBytes))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(tensors, file, dataBegin, fileBytes);
  return tensors;
}

/**
 * Reads and checks the header of a safetensors file; no tensor data is touched.
 *
 * @throws {EngineError} E_FORMAT, naming file and key, when the file cannot be read, is cut short, or its header is
 *   too long, not UTF-8, not JSON, nested without end, names a tensor twice, has an unknown dtype or an impossible
 *   shape, or its byte ranges do not cover the rest of the file exactly once.
 */
export function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  return withFile(file, readHeader);
}

/**
 * The header's JSON as bytes, at most 16 MiB; nothing of it is parsed.
 *
 * @throws {EngineError} E_FORMAT when it claims to be longer than that or than the file.
 */
export async function readHeaderBytes(source: ByteSource): Promise<Uint8Array> {
  const { file, size } = source;
  const start = await readStart(source);
  const left = start[LENGTH_BYTES] === OPENING_BRACE ? null : disguisedWeights(start);
  if (left !== null) return refuse(file, null, `expected a safetensors file, found ${left}`);
  if (size < LENGTH_BYTES)
    return refuse(file, null, `expected at least ${LENGTH_BYTES} bytes, found ${size}`);
  const length = new DataView(start.buffer).getBigUint64(0, true);
  const text = new TextDecoder().decode(start);
  if (length > MAX_HEADER_BYTES && TEXT.test(text))
    return refuse(file, null, `expected a safetensors file, found text: ${printable(text.trim())}`);
  if (length > MAX_HEADER_BYTES) {
    const problem = `its header claims ${length} bytes, the most is ${MAX_HEADER_BYTES}: is it a safetensors file?`;
    return refuse(file, null, problem);
  }
  const headerEnd = LENGTH_BYTES + Number(length);
  if (headerEnd > size)
    return refuse(file, null, `its header ends at byte ${headerEnd}, the file has ${size}: it is truncated`);
  return readRange(source, LENGTH_BYTES, Number(length));
}

/** As readSafetensorsHeader, from bytes that may lie anywhere. */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { file, size } = source;
  const bytes = await readHeaderBytes(source);
  const dataBegin = LENGTH_BYTES + bytes.length;
  const header = parseJsonObject(bytes, `${file} (header)`);
  if (bytes[0] !== OPENING_BRACE) return refuse(file, null, "expected { as the first byte of its header");
  const tensors = readTensors(header, file, dataBegin, size);
  const [broken] = BROKEN_COUNT.exec(new TextDecoder().decode(bytes)) ?? [];
  if (broken !== undefined)
    refuse(file, null, `expected whole numbers without point or power, found ${printable(broken)}`);
  return {
    tensors,
    metadata: "__metadata__" in header ? readMetadata(header.__metadata__, file) : {},
  };
}

/** What a tensor to be written looks like. */
export type TensorLayout = Pick<StoredTensor, "name" | "dtype" | "shape">;

/**
 * Lays a file out: the bytes that precede the data, and where each tensor begins, in the order given.
 *
 * @returns `head`: length prefix and header, padded so that the data is aligned; `begins`: byte offsets from the
 *   start of the file; `bytes`: size of the whole file.
 */
export function layOutSafetensors(
  tensors: readonly TensorLayout[],
  metadata: Readonly<Record<string, string>> = {},
): { head: Uint8Array; begins: number[]; bytes: number } {
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  const offsets: number[] = [];
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const begin = end;
    end += elementCount(shape) * ELEMENT_BYTES[dtype];
    offsets.push(begin);
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, LENGTH_BYTES);
  return { head, begins: offsets.map((offset) => head.length + offset), bytes: head.length + end };
}
