/** What tells one safetensors file from another without reading all of it. Knows no model. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { type ByteSource, readRange, withFile } from "../core/byte-source.js";
import { sha256 } from "../core/digest.js";
import { readHeaderBytes } from "./safetensors.js";

/** A file as long as this is read whole; of a longer one as many blocks, evenly spread from its first byte to its last. */
const WHOLE_BYTES = 2 ** 26;
const BLOCKS = 64;
const BLOCK_BYTES = 2 ** 12;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const weightIdentitySchema = z.strictObject({
  name: z.string(),
  bytes: z.int().min(0),
  /** ISO 8601, to the millisecond. */
  modified: z.string(),
  /** SHA-256 of the header's JSON: names, types, shapes and places of the tensors. */
  header: hash,
  /** SHA-256 of the whole file up to 64 MiB, else of 64 blocks of it: training changes every one of them. */
  sample: hash,
});

export type WeightIdentity = z.output<typeof weightIdentitySchema>;

/** @throws {EngineError} E_FORMAT when the file cannot be read or its header is longer than allowed. */
export async function weightIdentity(file: string): Promise<WeightIdentity> {
  return withFile(file, async (source) => ({
    name: basename(file),
    bytes: source.size,
    modified: (await stat(file)).mtime.toISOString(),
    header: sha256(await readHeaderBytes(source)),
    sample: sha256(await sampleOf(source)),
  }));
}

async function sampleOf(source: ByteSource): Promise<Uint8Array> {
  const { size } = source;
  if (size <= WHOLE_BYTES) return readRange(source, 0, size);
  const sample = new Uint8Array(BLOCKS * BLOCK_BYTES);
  for (let i = 0; i < BLOCKS; i++) {
    const place = Math.floor(((size - BLOCK_BYTES) * i) / (BLOCKS - 1));
    await source.read(sample.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES), place);
  }
  return sample;
}

export interface Comparison {
  /** Also compare times of modification? A copy has another one. Default true. */
  readonly times?: boolean | undefined;
}

/** What differs, in words, one line each; empty when it is the same file. Its name is not compared. */
export function weightDifferences(
  then: WeightIdentity,
  now: WeightIdentity,
  { times = true }: Comparison = {},
): string[] {
  if (now.bytes !== then.bytes) return [`${now.name} has ${now.bytes} bytes, it had ${then.bytes}`];
  if (now.header !== then.header) return [`${now.name} holds other tensors: its header has changed`];
  if (now.sample !== then.sample) return [`${now.name} holds other values`];
  if (!times || now.modified === then.modified) return [];
  return [`${now.name} was written at ${now.modified}, it was of ${then.modified}`];
}
