/** The pooled SlowFast feature against pytorchvideo's network; recipe: test/goldens/recipes/slowfast.py. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { uniform } from "../../lib/core/rng.js";
import { loadModel } from "../../lib/index.js";
import { gradients, logits, motionFeature } from "../../lib/parity.js";
import { readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { assertNormNear } from "../helpers/closeness.js";
import { formulaPixels } from "../helpers/formula-pixels.js";
import { goldenPath } from "../helpers/goldens.js";
import { readTensors, type Tensor } from "../helpers/safetensors.js";
import { extended, IMAGE_SLOT, textIds, VOCABULARY } from "../helpers/small-model.js";
import { bendJson, bendWeights, copyCheckpoint } from "../helpers/tiny-checkpoint.js";

const FEATURE_RELATIVE = 1e-5;
const HIDDEN = 32;
/** The recorded sizes are multiples of twice this, not of the small checkpoint's own 14. */
const PATCH = 16;

function random(name: string, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const stream = BigInt(name.length * 1000 + count);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => 0.4 * uniform(stream, i, 0) - 0.2) };
}

/** The layer-norm checkpoint with a recorded SlowFast, a random projector behind it, and patches of 16 pixels. */
async function mergedCheckpoint(slowFast: ReadonlyMap<string, Tensor>, width: number): Promise<string> {
  const dir = await copyCheckpoint("layer-norm");
  await bendWeights(dir, (tensors) => {
    for (const [name, tensor] of slowFast) tensors[name] = tensor;
    const projector = {
      "0.weight": [width],
      "0.bias": [width],
      "1.weight": [HIDDEN, width],
      "1.bias": [HIDDEN],
      "3.weight": [HIDDEN, HIDDEN],
      "3.bias": [HIDDEN],
    };
    for (const [name, shape] of Object.entries(projector))
      tensors[`motion_mlp.${name}`] = random(name, shape);
    const patch = "vision_tower.embeddings.patch_embeddings.projection.weight";
    const [outputs = 0] = tensors[patch]?.shape ?? [];
    tensors[patch] = random(patch, [outputs, 3, PATCH, PATCH]);
  });
  await bendJson<{ vision_config: { patch_size: number; image_size: number } }>(
    dir,
    "config.json",
    ({ vision_config }) => {
      vision_config.patch_size = PATCH;
      vision_config.image_size = 4 * PATCH;
    },
  );
  return dir;
}

const cases = readdirSync(goldenPath("slowfast")).map((file) => file.replace(/\.safetensors$/, ""));

test("there are recorded cases", () => {
  assert.deepEqual(cases.sort(), ["four-stages", "two-stages"]);
});

for (const name of cases) {
  test(`${name}: the feature, alone and as a token`, async () => {
    const file = goldenPath(`slowfast/${name}.safetensors`);
    const { frames, size } = (await readSafetensorsHeader(file)).metadata;
    const recorded = await readTensors(file);
    const expected = recorded.get("expected")?.data as Float32Array;
    recorded.delete("expected");
    const pixels = {
      pixelValues: formulaPixels(Number(frames), Number(size)),
      frames: Number(frames),
      imageSize: Number(size),
    };
    const dir = await mergedCheckpoint(recorded, expected.length);
    const model = await loadModel(dir, { threads: 1 });
    try {
      assert.equal(model.hasMotion, true);
      const { data, shape } = await motionFeature(model, pixels);
      assert.deepEqual(shape, [expected.length]);
      assertNormNear(data, expected, { relative: FEATURE_RELATIVE, absolute: 0 }, "feature");

      // A prompt may leave the motion out: one slot more is the motion token, and only then it counts.
      const slots = new Int32Array(pixels.frames * model.visualTokens(pixels.imageSize)).fill(IMAGE_SLOT);
      const blind = { ...pixels, inputIds: slots };
      const seeing = extended(blind, [IMAGE_SLOT]);
      for (const [prompt, counts] of [
        [blind, false],
        [seeing, true],
      ] as const) {
        const asked = extended(prompt, textIds(1, 3));
        assert.deepEqual((await logits(model, asked)).shape, [asked.inputIds.length, VOCABULARY]);
        const targets = new Int32Array(asked.inputIds.length).fill(-100).fill(7, -2);
        const found = (await gradients(model, { ...asked, targets })).gradients["motion_mlp.3.weight"];
        assert.equal(
          found?.data.some((value) => value !== 0),
          counts,
        );
      }
    } finally {
      model.dispose();
      await rm(dir, { recursive: true });
    }
  });
}
