/** SlowFast at its real widths against pytorchvideo; recipe: test/goldens/recipes/slowfast_r50.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { motionFeature } from "../../lib/parity.js";
import { assertNormNear } from "../helpers/closeness.js";
import { formulaPixels } from "../helpers/formula-pixels.js";
import { formulaSlowFast } from "../helpers/formula-weights.js";
import { golden, goldenPath } from "../helpers/goldens.js";
import { writeTensors } from "../helpers/safetensors.js";
import type { SmallModel } from "../helpers/small-model.js";
import { scratchFolder } from "../helpers/video-files.js";

interface Case {
  readonly frames: number;
  readonly size: number;
  readonly feature: readonly number[];
}

const recorded = golden("slowfast-r50") as Readonly<Record<"r50-6x448" | "r50-12x560", Case>>;
/** Two orders of summation in float32 through fifty layers: measured 6e-7. */
const RELATIVE = 1e-5;

let model: SmallModel;
const dir = scratchFolder();
before(async () => {
  const slowfast = join(dir, "slowfast.safetensors");
  await writeTensors(slowfast, formulaSlowFast());
  model = await loadModel(goldenPath("internvl/layer-norm"), { slowfast });
});
after(() => model.dispose());

for (const name of ["r50-6x448", "r50-12x560"] as const) {
  test(`${name}: the pooled feature of both paths`, async () => {
    const { frames, size, feature } = recorded[name];
    const { data } = await motionFeature(model, {
      pixelValues: formulaPixels(frames, size),
      frames,
      imageSize: size,
    });
    assert.equal(data.length, feature.length);
    assertNormNear(data, Float32Array.from(feature), { relative: RELATIVE, absolute: 0 }, name);
  });
}
