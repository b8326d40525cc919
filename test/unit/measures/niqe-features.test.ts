/** The call of NIQE's features: what it refuses, what it leaves out of a picture, and its order of blocks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { niqeFeatures } from "../../../lib/index.js";
import { formulaFrame } from "../../helpers/formula-frames.js";

test("pictures below a block, and bytes that are not theirs, are refused by their name", async () => {
  const refused = (call: Promise<unknown>, message: RegExp) =>
    assert.rejects(call, { code: "E_OPTION", message });
  await refused(
    niqeFeatures(new Uint8Array(95 * 96 * 3), 95, 96),
    /option width: expected an integer ≥ 96, found 95/,
  );
  await refused(niqeFeatures(new Uint8Array(96 * 95 * 3), 96, 95), /option height: /);
  await refused(niqeFeatures(new Uint8Array(5), 96, 96), /option rgb: expected 96 × 96 × 3 bytes, found 5/);
  await refused(niqeFeatures([] as never, 96, 96), /option rgb: /);
  const reason = new Error("enough");
  const ended = niqeFeatures(formulaFrame("flat", 96, 96), 96, 96, AbortSignal.abort(reason));
  await assert.rejects(ended, reason);
});

test("blocks come column after column; what is no whole block is left out", async () => {
  const [width, height] = [290, 200];
  const rgb = formulaFrame("noisy", width, height);
  const { features, sharpness } = await niqeFeatures(rgb, width, height);
  assert.deepEqual([features.length, sharpness.length], [6 * 36, 6]);
  const cut = new Uint8Array(288 * 192 * 3);
  for (let y = 0; y < 192; y++) cut.set(rgb.subarray(y * width * 3, (y * width + 288) * 3), y * 288 * 3);
  assert.deepEqual(await niqeFeatures(cut, 288, 192), { features, sharpness });
  // Only the last column has detail: the last two blocks.
  const half = new Uint8Array(288 * 192 * 3).fill(90);
  for (let y = 0; y < 192; y++)
    half.set(cut.subarray((y * 288 + 200) * 3, (y + 1) * 288 * 3), (y * 288 + 200) * 3);
  const sharp = (await niqeFeatures(half, 288, 192)).sharpness;
  assert.deepEqual([...sharp.subarray(0, 2)], [0, 0]);
  assert.ok(sharp.subarray(4).every((value) => value > 1));
});

test("the same picture gives the same bits, however many are measured at once", async () => {
  const rgb = formulaFrame("texture", 192, 192);
  const all = await Promise.all(Array.from({ length: 4 }, () => niqeFeatures(rgb, 192, 192)));
  for (const one of all) assert.deepEqual(one, all[0]);
});
