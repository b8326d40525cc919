/** What a checkpoint is shown: its settings, what is asked instead, and which fragments follow from both. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { clipPlanOf } from "../../../lib/checkpoint/clip-plan.js";
import { settingsSchema } from "../../../lib/checkpoint/settings.js";

const WHOLE = settingsSchema.parse({ frames: 12, imageSize: 64 });
const CUT = settingsSchema.parse({
  frames: 25,
  imageSize: 64,
  sampling: "fragments",
  fragments: { patch: 16 },
});

test("a checkpoint's settings are its plan; what is asked wins", () => {
  const { signal } = new AbortController();
  assert.deepEqual(clipPlanOf(WHOLE, {}, signal), { frames: 12, size: 64, sampling: "released", signal });
  assert.deepEqual(clipPlanOf(WHOLE, { frames: 3, imageSize: 32, sampling: "uniform" }), {
    frames: 3,
    size: 32,
    sampling: "uniform",
    signal: undefined,
  });
  assert.deepEqual(clipPlanOf(CUT, {}), {
    frames: 25,
    size: 64,
    sampling: "fragments",
    fragments: { patch: 16, neighbours: 4, seed: 0 },
    signal: undefined,
  });
});

test("fragments are taken where the choice of frames is theirs, or a function's at a checkpoint that is shown them", () => {
  const own = () => [0];
  assert.equal("fragments" in clipPlanOf(CUT, { sampling: "uniform", frames: 12 }), false);
  assert.equal("fragments" in clipPlanOf(WHOLE, { sampling: own }), false);
  assert.deepEqual(clipPlanOf(WHOLE, { sampling: "fragments", frames: 13 }).fragments, {
    patch: 32,
    neighbours: 4,
    seed: 0,
  });
  const { sampling, fragments } = clipPlanOf(CUT, { sampling: own });
  assert.deepEqual([sampling, fragments], [own, CUT.fragments]);
});

test("frames and a size that fragments do not fill are refused by their options", () => {
  for (const sampling of [undefined, "fragments", () => [0]] as const) {
    assert.throws(() => clipPlanOf(CUT, { frames: 24, sampling }), {
      code: "E_OPTION",
      message: /^option frames: .*fragments\.neighbours, 4, .*such as 25, found 24/,
    });
    assert.throws(() => clipPlanOf(CUT, { imageSize: 56, sampling }), {
      code: "E_OPTION",
      message: /^option imageSize: .*fragments\.patch, 16, found 56/,
    });
  }
  assert.throws(() => clipPlanOf(WHOLE, { sampling: "fragments" }), {
    message: /^option frames: .*such as 13/,
  });
});
