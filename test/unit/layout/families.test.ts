/** The published sizes: as many values and tensors as the published files have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { countParameters } from "../../../lib/inspection/inspection.js";
import { FAMILY_NAMES, type FamilyName, familyConfig, familyOf } from "../../../lib/layout/families.js";
import { familyParameters } from "../../../lib/random-checkpoint/random-checkpoint.js";

/** Counted from the published config.json and checked against the sizes of the published files, without motion parts. */
const PUBLISHED: Readonly<
  Record<FamilyName, { language: number; vision: number; projector: number; tensors: number }>
> = {
  "internvl3-1b": { language: 629_697_920, vision: 304_012_288, projector: 4_482_816, tensors: 733 },
  "internvl3-2b": { language: 1_776_283_136, vision: 304_012_288, projector: 8_662_016, tensors: 781 },
  "internvl3-8b": { language: 7_612_820_992, vision: 304_012_288, projector: 27_540_480, tensors: 781 },
  "internvl3-14b": { language: 14_766_040_064, vision: 304_012_288, projector: 47_204_352, tensors: 1021 },
  "internvl3-38b": { language: 32_759_882_752, vision: 5_536_496_000, projector: 91_786_240, tensors: 1456 },
  "internvl3-78b": { language: 72_699_813_888, vision: 5_536_496_000, projector: 172_008_448, tensors: 1648 },
};
/** SLOWFAST_8x8_R50 without its head and its 110 counters. */
const SLOWFAST = { values: 33_644_488, tensors: 550 };
const MOTION_PROJECTOR_TENSORS = 6;

for (const name of FAMILY_NAMES) {
  test(`${name} has the values and tensors of the published files`, () => {
    const parameters = familyParameters(name);
    const { language, vision, projector, motion, total } = countParameters(parameters);
    const expected = PUBLISHED[name];
    assert.deepEqual({ language, vision, projector }, pick(expected));
    const hidden = familyConfig(name).geometry.language.hidden;
    const width = 2048 + 256;
    assert.equal(motion, SLOWFAST.values + 2 * width + hidden * (width + 1) + hidden * (hidden + 1));
    assert.equal(total, language + vision + projector + motion);
    assert.equal(
      parameters.flatMap(({ tensors }) => tensors).length,
      expected.tensors + SLOWFAST.tensors + MOTION_PROJECTOR_TENSORS,
    );
  });
}

function pick({ language, vision, projector }: (typeof PUBLISHED)[FamilyName]) {
  return { language, vision, projector };
}

test("a size is known by its widths, whatever its depth", () => {
  assert.equal(familyOf(familyConfig("internvl3-8b", 2)), "internvl3-8b");
  const config = familyConfig("internvl3-8b");
  const { vision, language } = config.geometry;
  assert.equal(familyOf({ ...config, geometry: { vision, language: { ...language, hidden: 3585 } } }), null);
});
