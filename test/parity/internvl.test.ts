/** Logits and gradients against transformers; recipes: test/goldens/recipes/internvl.py and motion_token.py. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { gradients, logits, motionFeature } from "../../lib/parity.js";
import { assertNear, assertNormNear, norm } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";

interface Facts {
  readonly loss: number;
}

/** Float32 in two orders of summation: transformers itself is 2e-6 away from its own float64. */
const LOGITS_BOUND = 1e-4;
/** The absolute part, times the norm over all tensors, is for gradients that are zero in exact arithmetic. */
const GRADIENT_RELATIVE = 1e-5;
const GRADIENT_GLOBAL = 1e-8;
const LOSS_BOUND = 1e-5;
const FEATURE_RELATIVE = 1e-5;

const checkpoints = readdirSync(goldenPath("internvl")).map((name) => {
  const files = readdirSync(goldenPath(`internvl/${name}`));
  const cases = files.filter((file) => file.endsWith(".safetensors") && file !== "model.safetensors");
  return { name, cases: cases.map((file) => file.replace(/\.safetensors$/, "")) };
});

test("there are recorded cases", () => {
  assert.deepEqual(checkpoints.map(({ name }) => name).sort(), ["layer-norm", "motion", "rms-norm", "tied"]);
  assert.equal(checkpoints.flatMap(({ cases }) => cases).length, 10);
});

for (const { name, cases } of checkpoints) {
  describe(`${name} checkpoint`, () => {
    let model: Awaited<ReturnType<typeof loadModel>>;
    before(async () => {
      model = await loadModel(goldenPath(`internvl/${name}`), {
        device: "cpu",
        dtype: "float32",
        threads: 1,
      });
    });
    after(() => model.dispose());

    for (const recordedCase of cases) {
      const path = `internvl/${name}/${recordedCase}`;

      test(`${recordedCase}: logits`, async () => {
        const recorded = await readRecorded<Facts>(path);
        const { data, shape } = await logits(model, recordedPrompt(recorded));
        assert.deepEqual([...shape], recorded.tensors.get("logits")?.shape);
        assertNear(data, recorded.floats("logits"), LOGITS_BOUND, "logits");
      });

      test(`${recordedCase}: loss and gradients of every recorded tensor`, async () => {
        const recorded = await readRecorded<Facts>(path);
        const found = await gradients(model, {
          ...recordedPrompt(recorded),
          targets: recorded.ints("targets"),
        });
        assertNear([found.loss], [recorded.facts.loss], LOSS_BOUND, "loss");

        const names = recorded.names("gradient/");
        const absolute = GRADIENT_GLOBAL * norm(names.map((key) => norm(recorded.floats(key))));
        for (const key of names) {
          const gradient = found.gradients[key.slice("gradient/".length)];
          assert.ok(gradient, `no ${key}`);
          assert.deepEqual([...gradient.shape], recorded.tensors.get(key)?.shape, key);
          assertNormNear(gradient.data, recorded.floats(key), { relative: GRADIENT_RELATIVE, absolute }, key);
        }
      });
    }

    for (const recordedCase of cases.filter(() => name === "motion")) {
      test(`${recordedCase}: motion feature`, async () => {
        const recorded = await readRecorded<Facts>(`internvl/${name}/${recordedCase}`);
        const { pixelValues, frames, imageSize } = recordedPrompt(recorded);
        assert.ok(pixelValues !== undefined && frames !== undefined && imageSize !== undefined);
        const { data, shape } = await motionFeature(model, { pixelValues, frames, imageSize });
        assert.deepEqual([...shape], recorded.tensors.get("motion_feature")?.shape);
        const expected = recorded.floats("motion_feature");
        assertNormNear(data, expected, { relative: FEATURE_RELATIVE, absolute: 0 }, "motion feature");
      });
    }
  });
}

test("a prompt whose slots do not match its frames is refused", async () => {
  const model = await loadModel(goldenPath("internvl/layer-norm"), { threads: 1 });
  try {
    const prompt = recordedPrompt(await readRecorded("internvl/layer-norm/one-frame"));
    const { pixelValues: _, frames: __, imageSize: ___, ...blind } = prompt;
    await assert.rejects(async () => logits(model, blind), { name: "EngineError" });
    await assert.rejects(
      async () => logits(model, { ...prompt, inputIds: prompt.inputIds.filter((id) => id !== 114) }),
      {
        name: "EngineError",
      },
    );
  } finally {
    model.dispose();
  }
});
