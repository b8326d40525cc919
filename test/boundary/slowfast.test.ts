/** A base model with SlowFast's weights from a file of their own. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { motionFeature } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { readTensors, type Tensor, writeTensors } from "../helpers/safetensors.js";
import { openSmall, pixels, withFolder } from "../helpers/small-model.js";

const PREFIX = "slowfast_model.feature_extraction.";
const clip = { pixelValues: pixels(3, 6, 224), frames: 6, imageSize: 224 };

/** The motion checkpoint's SlowFast under the names of pytorchvideo's file. */
async function writeSlowFast(file: string, more: Record<string, Tensor> = {}): Promise<void> {
  const stored = await readTensors(goldenPath("internvl/motion/model.safetensors"));
  const own = [...stored]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, tensor]): [string, Tensor] => [name.replace(PREFIX, "blocks."), tensor]);
  await writeTensors(file, { ...Object.fromEntries(own), ...more });
}

test("the feature is that of the same weights in a checkpoint; a new projector starts as released; a save holds all", () =>
  withFolder(async (dir) => {
    const slowfast = join(dir, "slowfast.safetensors");
    await writeSlowFast(slowfast);
    const base = await loadModel(goldenPath("internvl/layer-norm"), { slowfast, threads: 1 });
    const whole = await openSmall("motion");
    try {
      assert.equal(base.hasMotion, true);
      const [found, expected] = [await motionFeature(base, clip), await motionFeature(whole, clip)];
      assert.deepEqual(found.data, expected.data);

      const saved = join(dir, "saved");
      await base.save(saved);
      const weights = await readTensors(join(saved, "model.safetensors"));
      const values = (name: string) => Array.from(weights.get(name)?.data as Float32Array);
      assert.ok(values("motion_mlp.0.weight").every((value) => value === 1));
      assert.ok(values("motion_mlp.3.bias").every((value) => value === 0));
      const linear = values("motion_mlp.1.weight");
      assert.ok(linear.every((value) => value >= 0 && value < 0.01));
      const mean = linear.reduce((a, b) => a + b, 0) / linear.length;
      // The mean of n uniform values lies within 6 / sqrt(12 n) of the middle but once in a billion.
      assert.ok(Math.abs(mean / 0.01 - 0.5) < 6 / Math.sqrt(12 * linear.length), `mean ${mean}`);
      const again = await loadModel(saved, { threads: 1 });
      assert.deepEqual((await motionFeature(again, clip)).data, expected.data);
      again.dispose();
      await rm(slowfast);
    } finally {
      base.dispose();
      whole.dispose();
    }
  }));

test("a checkpoint with SlowFast of its own, and a file with anything else, are refused", () =>
  withFolder(async (dir) => {
    const slowfast = join(dir, "slowfast.safetensors");
    await writeSlowFast(slowfast);
    await assert.rejects(loadModel(goldenPath("internvl/motion"), { slowfast }), {
      code: "E_FORMAT",
      message: /has SlowFast weights of its own/,
    });
    await writeSlowFast(slowfast, { "fc.weight": { shape: [1], data: new Float32Array(1) } });
    await assert.rejects(loadModel(goldenPath("internvl/layer-norm"), { slowfast }), {
      code: "E_FORMAT",
      message: /slowfast\.safetensors: expected SlowFast's tensors .* found fc\.weight/,
    });
  }));
