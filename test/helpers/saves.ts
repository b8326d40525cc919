/** The ways in which tests save a checkpoint, and a saved one's tensors as bytes. */
import { readFile } from "node:fs/promises";
import type { DType } from "../../lib/index.js";
import { readStoredTensors } from "../../lib/weights/shards.js";

/** Of the recorded configurations the smallest takes 100 KB: at least two shards each, some of one large tensor. */
export const SHARD_BYTES = 50_000;

export interface Save {
  readonly dtype: DType;
  readonly layout: "hf" | "original";
  readonly maxShardBytes?: number;
}

/** `model_type` of config.json in each layout. */
export const MODEL_TYPES = { hf: "internvl", original: "internvl_chat" } as const;

/** Both layouts, both types, in one file and in shards. */
export const SAVES: readonly Save[] = [
  { dtype: "float32", layout: "hf" },
  { dtype: "bfloat16", layout: "hf", maxShardBytes: SHARD_BYTES },
  { dtype: "float32", layout: "original", maxShardBytes: SHARD_BYTES },
  { dtype: "bfloat16", layout: "original" },
];

export interface StoredBytes {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Every tensor of a folder by its name. */
export async function tensorBytes(dir: string): Promise<Map<string, StoredBytes>> {
  const tensors = new Map<string, StoredBytes>();
  const files = new Map<string, Uint8Array>();
  for (const { name, dtype, shape, file, begin, end } of await readStoredTensors(dir)) {
    const whole = files.get(file) ?? new Uint8Array(await readFile(file));
    files.set(file, whole);
    tensors.set(name, { dtype, shape, bytes: whole.subarray(begin, end) });
  }
  return tensors;
}
