/** OpenGVLab's and VQAThinker's own files, by name and shape: every size is placed, and nothing is left over. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { planSave } from "../../../lib/checkpoint/save-plan.js";
import { inspectCheckpoint } from "../../../lib/inspection/inspection.js";
import { familyTokenizer } from "../../../lib/random-checkpoint/family-tokenizer.js";
import { readStoredTensors } from "../../../lib/weights/shards.js";
import { type PublishedSize, writePublished } from "../../helpers/published-files.js";
import { scratchFolder } from "../../helpers/video-files.js";

const SMALL = { width: 1024, layers: 24, heads: 16, ffn: 4096 };
const LARGE = { width: 3200, layers: 45, heads: 25, ffn: 12800 };
const SIZES: Readonly<Record<string, PublishedSize & { tensors: number; total: number }>> = {
  "internvl3-1b": {
    large: false,
    vision: SMALL,
    language: { width: 896, layers: 24, heads: 14, kvHeads: 2, ffn: 4864 },
    tensors: 637,
    total: 938_193_024,
  },
  "internvl3-8b": {
    large: false,
    vision: SMALL,
    language: { width: 3584, layers: 28, heads: 28, kvHeads: 4, ffn: 18944 },
    tensors: 685,
    total: 7_944_373_760,
  },
  "internvl3-38b": {
    large: true,
    vision: LARGE,
    language: { width: 5120, layers: 64, heads: 40, kvHeads: 8, ffn: 27648 },
    tensors: 1366,
    total: 38_388_164_992,
  },
  "internvl3-78b": {
    large: true,
    vision: LARGE,
    language: { width: 8192, layers: 80, heads: 64, kvHeads: 8, ffn: 29568 },
    tensors: 1558,
    total: 78_408_318_336,
  },
};
const MOTION = { tensors: 666, values: 33_644_488 + 21_114_368, counters: 110 };

const scratch = scratchFolder();

async function published(name: string, withMotion: boolean): Promise<{ dir: string; tensors: number }> {
  const dir = join(scratch, `${name}-${withMotion}`);
  const size = SIZES[name];
  assert.ok(size);
  const tensors = await writePublished(dir, size, { withMotion });
  writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(familyTokenizer()));
  return { dir, tensors };
}

for (const [name, { tensors: count, total }] of Object.entries(SIZES)) {
  test(`${name} in the original layout`, async () => {
    const { dir, tensors } = await published(name, false);
    assert.equal(tensors, count);
    const found = await inspectCheckpoint(dir);
    assert.deepEqual(found.problems, []);
    assert.deepEqual([found.layout, found.family, found.files], ["original", name, 4]);
    assert.equal(found.parameters.total, total);
    assert.equal(found.fileBytes, 2 * total);
  });
}

test("the released VQAThinker-8B: 1351 tensors, 110 of them counters that are skipped", async () => {
  const { dir, tensors } = await published("internvl3-8b", true);
  assert.equal(tensors, 1351);
  assert.equal(tensors, 685 + MOTION.tensors);
  const found = await inspectCheckpoint(dir);
  assert.deepEqual(found.problems, []);
  assert.equal(found.parameters.motion, MOTION.values);
  assert.deepEqual(
    found.skipped.map(({ names }) => names.length),
    [MOTION.counters],
  );
  const checkpoint = await readCheckpoint(dir);
  const { geometry, endTokens, hasMotion, saved } = checkpoint;
  assert.deepEqual([geometry.imageToken, endTokens, hasMotion], [151667, [151645], true]);
  assert.equal(saved.length, tensors - MOTION.counters);
  const planned = (layout: "original" | "hf") =>
    planSave(checkpoint, layout, "bfloat16", 5e9).files.flatMap((file) =>
      file.tensors.map(({ name }) => name),
    );
  const names = (await readStoredTensors(dir)).map(({ name }) => name);
  assert.deepEqual(planned("original").sort(), names.sort());
  const counters = names.filter((name) => name.endsWith("num_batches_tracked"));
  assert.deepEqual(
    planned("hf")
      .filter((name) => counters.includes(name))
      .sort(),
    counters,
  );
});
