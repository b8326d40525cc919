/** Checkpoints saved in either layout: the same model when loaded again, the same bytes after the way there and back. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { readStoredTensors } from "../../lib/weights/shards.js";
import { CONFIGURATIONS, configurationPath, readConfiguration } from "../helpers/configurations.js";
import { MODEL_TYPES, SAVES, type Save, SHARD_BYTES, tensorBytes } from "../helpers/saves.js";
import { type SmallModel, withFolder } from "../helpers/small-model.js";

async function readJson<Content>(dir: string, name: string): Promise<Content> {
  return JSON.parse(await readFile(join(dir, name), "utf8")) as Content;
}

async function assertLayout(dir: string, layout: Save["layout"]): Promise<void> {
  const { model_type: found } = await readJson<{ model_type: string }>(dir, "config.json");
  assert.equal(found, MODEL_TYPES[layout]);
}

async function withModel<T>(
  dir: string,
  dtype: Save["dtype"],
  use: (model: SmallModel) => Promise<T>,
): Promise<T> {
  const model = await loadModel(dir, { dtype, threads: 1 });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** Every shard within the bound, or one tensor alone; names and sizes as the index says. */
async function assertSharded(dir: string): Promise<void> {
  const held = new Map<string, number[]>();
  for (const { file, begin, end } of await readStoredTensors(dir))
    held.set(file, [...(held.get(file) ?? []), end - begin]);
  assert.ok(held.size > 1, "expected several shards");
  const expected = Array.from({ length: held.size }, (_, k) => {
    const [place, count] = [k + 1, held.size].map((number) => String(number).padStart(5, "0"));
    return join(dir, `model-${place}-of-${count}.safetensors`);
  });
  assert.deepEqual([...held.keys()].sort(), expected);
  for (const [file, sizes] of held)
    assert.ok(sum(sizes) <= SHARD_BYTES || sizes.length === 1, `${file}: tensors of ${sizes} bytes`);
  const index = await readJson<{ metadata: { total_size: number } }>(dir, "model.safetensors.index.json");
  assert.equal(index.metadata.total_size, sum([...held.values()].flat()));
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

for (const name of CONFIGURATIONS) {
  for (const save of SAVES) {
    test(`${name} saved as ${JSON.stringify(save)} and loaded again: every bit of the logits`, async () => {
      const { prompt } = await readConfiguration(name);
      await withFolder(async (dir) => {
        const expected = await withModel(configurationPath(name), save.dtype, async (model) => {
          await model.save(dir, save);
          return logits(model, prompt);
        });
        await assertLayout(dir, save.layout);
        if (save.maxShardBytes !== undefined) await assertSharded(dir);
        const found = await withModel(dir, save.dtype, (model) => logits(model, prompt));
        assert.deepEqual(found, expected);
      });
    });
  }
}

// From the original layout the way back leads to one spelling of transformers' names only: the published one.
for (const name of CONFIGURATIONS.filter((one) => !one.startsWith("new-"))) {
  test(`${name} through the other layout and back: the same tensors, bit for bit`, async () => {
    const expected = await tensorBytes(configurationPath(name));
    const dtype = [...expected.values()][0]?.dtype === "BF16" ? "bfloat16" : "float32";
    const own = name.startsWith("original-") ? "original" : "hf";
    const other = own === "hf" ? "original" : "hf";
    const saveAs = (from: string, to: string, options: Save): Promise<void> =>
      withModel(from, dtype, (model) => model.save(to, options));
    await withFolder(async (dir) => {
      const [there, back] = [join(dir, "there"), join(dir, "back")];
      await saveAs(configurationPath(name), there, { dtype, layout: other, maxShardBytes: SHARD_BYTES });
      await assertLayout(there, other);
      await saveAs(there, back, { dtype, layout: own });
      const found = await tensorBytes(back);
      assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
      for (const [key, tensor] of expected) assert.deepEqual(found.get(key), tensor, key);
    });
  });
}

for (const name of CONFIGURATIONS) {
  test(`${name}: a save that names no layout keeps the names that were loaded`, async () => {
    const loaded = configurationPath(name);
    await withFolder(async (dir) => {
      await withModel(loaded, "float32", (model) => model.save(dir));
      const names = async (folder: string) => [...(await tensorBytes(folder)).keys()].sort();
      assert.deepEqual(await names(dir), await names(loaded));
    });
  });
}
