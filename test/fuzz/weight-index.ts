/** Fuzz target: a checkpoint's weights in shards, with the index that lists them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { weightIdentity } from "../../lib/weights/identity.js";
import { layOutSafetensors } from "../../lib/weights/safetensors.js";
import { INDEX_FILE, readStoredTensors, weightFiles } from "../../lib/weights/shards.js";
import { joined, once, oneOf } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["lib/core/byte-source.ts", "lib/weights/identity.ts", "lib/weights/shards.ts"];

const SHARDS = ["one.safetensors", "two.safetensors"];
const NAMES = ["a", "b", "c.weight", "__proto__", ""];
const KEYS = [...NAMES, "weight_map", "metadata", "x".repeat(2000)];

export function make(draws: Draws): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  const map: [string, string][] = [];
  for (const file of SHARDS) {
    const names = NAMES.filter(() => once(draws, 3));
    const { head, bytes } = layOutSafetensors(names.map((name) => ({ name, dtype: "U8", shape: [2] })));
    if (!once(draws, 16)) files[file] = joined(head, new Uint8Array(bytes - head.length));
    for (const name of names)
      map.push([name, once(draws, 16) ? oneOf(draws, [...SHARDS, "..", "a/b", "/"]) : file]);
  }
  const index = { metadata: { total_size: 2 * map.length }, weight_map: Object.fromEntries(map) };
  return packed({ [INDEX_FILE]: jsonBytes(draws, index, KEYS), ...files });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, [INDEX_FILE, ...SHARDS], async (dir) => {
    const tensors = await readStoredTensors(dir);
    assert.equal(new Set(tensors.map(({ name }) => name)).size, tensors.length, "each tensor is there once");
    const files = [...new Set(tensors.map(({ file }) => file))].sort();
    // A shard without a tensor is listed by no line of the index.
    assert.deepEqual(
      (await weightFiles(dir)).map((name) => join(dir, name)),
      files,
    );
    for (const file of files) assert.deepEqual(await weightIdentity(file), await weightIdentity(file));
  });
}
