/** A fit: the moments of the sharp blocks, which pictures and frames they are of, and what is too little. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { fitNiqe, niqe, niqeFeatures } from "../../../lib/index.js";
import { gaussianOf } from "../../../lib/measures/gaussian.js";
import { formulaFrame } from "../../helpers/formula-frames.js";
import { picture, pictureVideo } from "../../helpers/pictures.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const SIDES = [768, 672] as const;
let still = "";
before(async () => {
  still = await picture(join(dir, "still.png"), "texture", ...SIDES);
});

test("it is mean and covariance of the blocks that are sharp enough", async () => {
  const { features, sharpness } = await niqeFeatures(formulaFrame("texture", ...SIDES), ...SIDES);
  const least = 0.9 * Math.max(...sharpness);
  const sharp = [...sharpness.keys()].filter((i) => (sharpness[i] ?? 0) > least);
  assert.ok(sharp.length > 36 && sharp.length < sharpness.length, `${sharp.length} of ${sharpness.length}`);
  const rows = Float64Array.from(sharp.flatMap((i) => [...features.subarray(36 * i, 36 * i + 36)]));
  const told: unknown[] = [];
  const { fitted, ...gaussian } = await fitNiqe([still], {
    sharpness: 0.9,
    onFile: (...args) => told.push(args),
  });
  assert.deepEqual(gaussian, gaussianOf(rows, 36));
  assert.deepEqual(
    { ...fitted, version: "" },
    { pictures: 1, blocks: sharp.length, sharpness: 0.9, version: "" },
  );
  assert.deepEqual(told, [[still, 1]]);
});

test("what it was fitted on is near, what is spoilt is far", async () => {
  const model = await fitNiqe([still]);
  const distance = async (kind: string) =>
    niqe(model, await niqeFeatures(formulaFrame(kind, ...SIDES), ...SIDES)) ?? Number.NaN;
  const [own, noisy, blurred, blocky] = await Promise.all(
    ["texture", "noisy", "blurred", "blocky"].map(distance),
  );
  assert.ok((own ?? 9) < 1, `${own}`);
  for (const far of [noisy, blurred, blocky]) assert.ok((far ?? 0) > 5 * (own ?? 9), `${far} beside ${own}`);
});

test("of a video eight frames count unless it is told how many; of a picture one", async () => {
  const video = pictureVideo(
    join(dir, "v.mkv"),
    Array.from({ length: 10 }, () => "texture"),
    288,
    288,
  );
  assert.equal((await fitNiqe([video])).fitted?.pictures, 8);
  assert.equal((await fitNiqe([video, still], { frames: 5 })).fitted?.pictures, 6);
});

test("too few blocks, and options that are none, are refused", async () => {
  const small = await picture(join(dir, "small.png"), "texture", 288, 192);
  const refused = (call: Promise<unknown>, message: RegExp) =>
    assert.rejects(call, { code: "E_OPTION", message });
  await refused(
    fitNiqe([small]),
    /option paths: expected pictures with more than 36 sharp blocks, found [1-6];/,
  );
  await refused(fitNiqe([]), /found 0;/);
  await refused(fitNiqe([small], { sharpness: 1 }), /option sharpness: /);
  await refused(fitNiqe(small as never), /option paths: expected a list of paths/);
  await refused(fitNiqe([small], { frame: 1 } as never), /did you mean frames\?/);
  const tiny = await picture(join(dir, "tiny.png"), "texture", 100, 95);
  await assert.rejects(fitNiqe([tiny]), { code: "E_MEDIA", message: /tiny\.png: .*found 100 × 95/ });
});
