/**
 * NIQE against its authors' program in Octave, and against plain numpy (test/goldens/recipes/niqe). Where a frame has
 * flat areas or ramps, the authors' numbers are made by the signs of rounding errors: there ours are held to numpy with the same zone
 * counted as zero, and the distance from the authors' is told in docs/measures.md.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { niqe, niqeFeatures, readNiqeModel } from "../../lib/index.js";
import { formulaFrame, frameChecksum } from "../helpers/formula-frames.js";
import { golden, goldenPath } from "../helpers/goldens.js";

interface Numbers {
  readonly score: number | null;
  readonly first: readonly (number | null)[];
  readonly last: readonly (number | null)[];
}
interface Case {
  readonly name: string;
  readonly kind: string;
  readonly height: number;
  readonly width: number;
  readonly checksum: number;
  readonly authors: Numbers;
  readonly exact: Numbers & { readonly sharpness: readonly number[] };
}
const { cases } = golden("niqe/scores") as { cases: readonly Case[] };
const model = await readNiqeModel(goldenPath("niqe/model.json"));

/** Kinds without flat areas, where rounding decides nothing. */
const ROUGH = new Set(["texture", "noisy", "blurred", "noise"]);
/** Measured: features 4.2e-14 apart at most, scores 4.0e-12. */
const [OF_FEATURES, OF_SCORES] = [1e-9, 1e-6];

/** The largest difference; Infinity where one is NaN and the other is none. */
function apart(found: Float64Array, expected: readonly (number | null)[]): number {
  assert.equal(found.length, expected.length);
  return expected.reduce((most: number, value, i) => {
    const own = found[i] as number;
    if (value === null || Number.isNaN(own)) return value === null && Number.isNaN(own) ? most : Infinity;
    return Math.max(most, Math.abs(own - value));
  }, 0);
}

describe("NIQE", () => {
  for (const one of cases) {
    const { name, kind, width, height, checksum, authors, exact } = one;
    it(`of ${name}`, async (t) => {
      const rgb = formulaFrame(kind, width, height);
      assert.equal(frameChecksum(rgb), checksum, "the frame is the recorded one");
      const blocks = await niqeFeatures(rgb, width, height);
      const { features, sharpness } = blocks;
      const score = niqe(model, blocks);
      const references = ROUGH.has(kind) ? { exact, authors } : { exact };
      for (const [whose, { first, last }] of Object.entries(references)) {
        const most = Math.max(apart(features.subarray(0, 36), first), apart(features.subarray(-36), last));
        t.diagnostic(`${whose}: features ${most} apart`);
        assert.ok(most <= OF_FEATURES, `${whose}: ${most}`);
      }
      assert.ok(apart(sharpness, exact.sharpness) <= OF_FEATURES);
      // One block: MATLAB takes its 1 x 36 for a vector and pools one number (39.80); ours is the definition's.
      const isAlone = width < 192 && height < 192;
      for (const [whose, { score: expected }] of Object.entries(isAlone ? { exact } : references)) {
        if (expected === null || score === null) assert.equal(score, expected, whose);
        else {
          t.diagnostic(`${whose}: scores ${Math.abs(score - expected)} apart`);
          assert.ok(Math.abs(score - expected) <= OF_SCORES, `${whose}: ${score}, ${expected}`);
        }
      }
    });
  }

  it("of a flat frame is none, by the authors' NaN", () => {
    const flat = cases.filter(({ kind }) => kind === "flat");
    assert.deepEqual(
      flat.map(({ authors, exact }) => [authors.score, exact.score]),
      [[null, null]],
    );
  });

  it("takes luma as rgb2gray rounds it", async () => {
    const [width, height] = [192, 96];
    const grey = formulaFrame("texture", width, height);
    const colours = Uint8Array.from(
      grey,
      (level, i) => [level, 255 - level, (level * 7) % 256][i % 3] as number,
    );
    const luma = Uint8Array.from(colours, (_, i) => {
      const [red = 0, green = 0, blue = 0] = colours.subarray(i - (i % 3));
      return Math.round(0.298936021293776 * red + 0.587043074451121 * green + 0.114020904255103 * blue);
    });
    const [coloured, plain] = await Promise.all(
      [colours, luma].map((rgb) => niqeFeatures(rgb, width, height)),
    );
    assert.deepEqual(coloured, plain);
    assert.notDeepEqual(coloured, await niqeFeatures(grey, width, height));
  });
});
