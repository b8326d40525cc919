/** A saved folder: every tensor that the loaded one had, also those that nothing is computed from, and files for all. */
import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, openTrainer } from "../../lib/index.js";
import { configurationPath } from "../helpers/configurations.js";
import { type StoredBytes, tensorBytes } from "../helpers/saves.js";
import { withFolder } from "../helpers/small-model.js";
import { bendWeights } from "../helpers/tiny-checkpoint.js";
import { scratchFolder } from "../helpers/video-files.js";

const scratch = scratchFolder();
const NORM = "slowfast_model.feature_extraction.0.multipathway_blocks.0.norm.num_batches_tracked";
const HEAD = "slowfast_model.feature_extraction.6.proj.weight";
const FREQUENCIES = "language_model.model.layers.0.self_attn.rotary_emb.inv_freq";
const EMPTY = "slowfast_model.feature_extraction.6.none";

/** A checkpoint with tensors that are passed on: a large counter, a head, rotary frequencies, one of no values. */
async function withUnused(): Promise<string> {
  const dir = mkdtempSync(join(scratch, "loaded-"));
  cpSync(configurationPath("legacy-motion"), dir, { recursive: true });
  await bendWeights(dir, (tensors) => {
    tensors[NORM] = { shape: [], data: BigInt64Array.of(2n ** 60n + 1n) };
    tensors[HEAD] = { shape: [2, 3], data: Float32Array.of(1, -2, 3, NaN, 5, 1e-40) };
    tensors[FREQUENCIES] = { shape: [2], data: Float32Array.of(1, 0.1) };
    tensors[EMPTY] = { shape: [0, 4], data: new Float32Array() };
  });
  return dir;
}

async function saved(dir: string, to: string, options: Parameters<Model["save"]>[1]) {
  const model = await loadModel(dir, { threads: 1 });
  await model.save(to, options).finally(() => model.dispose());
  return tensorBytes(to);
}
type Model = Awaited<ReturnType<typeof loadModel>>;

const UNUSED = /num_batches_tracked$|inv_freq$|feature_extraction\.6\./;
const passedOn = (all: ReadonlyMap<string, StoredBytes>) =>
  [...all].filter(([name]) => UNUSED.test(name)).sort(([a], [b]) => (a < b ? -1 : 1));

test("in either layout, type and number of files: the names of the loaded folder, unused bytes as they were", async () => {
  const dir = await withUnused();
  const loaded = await tensorBytes(dir);
  const unused = passedOn(loaded);
  assert.ok(unused.length > 4);
  assert.equal(loaded.get(NORM)?.dtype, "I64");
  for (const layout of ["hf", "original"] as const)
    for (const [dtype, maxShardBytes] of [
      ["float32", undefined],
      ["bfloat16", 20_000],
    ] as const)
      await withFolder(async (to) => {
        const found = await saved(dir, to, { layout, dtype, maxShardBytes });
        assert.deepEqual(passedOn(found), unused);
        if (layout === "hf") assert.deepEqual([...found.keys()].sort(), [...loaded.keys()].sort());
        assert.deepEqual(passedOn(await saved(to, join(to, "again"), { layout: "hf" })), unused);
      });
});

test("saved over the folder that it was loaded from, in other shards", async () => {
  const dir = await withUnused();
  const expected = passedOn(await tensorBytes(dir));
  for (const maxShardBytes of [20_000, 35_000, undefined])
    assert.deepEqual(passedOn(await saved(dir, dir, { maxShardBytes })), expected);
});

test("every written file has the umask's mode, whatever the loaded one had", async () => {
  const dir = await withUnused();
  writeFileSync(join(dir, "chat_template.jinja"), "{}");
  for (const name of readdirSync(dir)) chmodSync(join(dir, name), 0o600);
  const before = process.umask(0o027);
  try {
    const model = await loadModel(dir, { threads: 1 });
    const trainer = await openTrainer(model, { trainable: ["projector"] });
    await withFolder(async (to) => {
      await model.save(to, { layout: "original", maxShardBytes: 20_000 });
      await trainer.save(to);
      const modes = readdirSync(to).map((name) => [name, statSync(join(to, name)).mode & 0o777] as const);
      assert.ok(modes.some(([name]) => name === "chat_template.jinja"));
      for (const [name, mode] of modes) assert.equal(mode.toString(8), "640", name);
    });
    trainer.dispose();
    model.dispose();
  } finally {
    process.umask(before);
  }
});
