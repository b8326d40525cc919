/** What the runtime is told of memory behind its objects: each storage once, until nobody holds it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { clipOfFrames, type NativeClip } from "../../lib/model/clip.js";
import { nativeModel } from "../../lib/model/model.js";
import { nativeBinding } from "../../lib/native/load.js";

const [FRAMES, SIZE] = [3, 448];
const CLIP_BYTES = FRAMES * SIZE * SIZE * 3;
const outside = () => nativeBinding().info().outsideBytes;

/** By how many clips what is known has grown since `before`. */
const clipsSince = (before: number) => (outside() - before) / CLIP_BYTES;

const picture = { rgb: new Uint8Array(16 * 16 * 3), width: 16, height: 16 };
const open = (): Promise<NativeClip> =>
  clipOfFrames(new Array(FRAMES).fill(picture), SIZE, new Float64Array(FRAMES));

test("a clip's frames, once for all clips that share them, until the last is disposed of", async () => {
  (await open()).dispose();
  const before = outside();
  const clip = await open();
  assert.equal(clipsSince(before), 1);
  const twin = clip.perturb(Int32Array.of(2, 1, 0));
  const second = await open();
  assert.equal(clipsSince(before), 2);
  clip.dispose();
  clip.dispose();
  assert.equal(clipsSince(before), 2);
  twin.dispose();
  assert.equal(clipsSince(before), 1);
  second.dispose();
  assert.equal(clipsSince(before), 0);
});

test("pixels take the place of a clip's bytes, and are four times as large", () => {
  const native = nativeBinding();
  const pixels = new Float32Array(CLIP_BYTES);
  const before = outside();
  const clip = native.openClip({ frames: FRAMES, size: SIZE });
  assert.equal(clipsSince(before), 1);
  native.writePixels(clip, pixels);
  assert.equal(clipsSince(before), 4);
  native.closeClip(clip);
  assert.equal(clipsSince(before), 0);
});

test("a model's weights", async () => {
  const before = outside();
  const model = await loadModel("tiny");
  const bytes = nativeModel(model)
    .checkpoint.parameters.map(({ shape }) => 4 * shape.reduce((product, side) => product * side, 1))
    .reduce((sum, each) => sum + each, 0);
  assert.equal(outside() - before, bytes);
  model.dispose();
  assert.equal(outside(), before);
});

test("clips that nobody disposes of are collected before they pile up", async () => {
  const OPENED = 300;
  const native = nativeBinding();
  let most = 0;
  for (let i = 0; i < OPENED; i++) {
    native.openClip({ frames: FRAMES, size: SIZE });
    most = Math.max(most, native.info().liveClips);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(most < OPENED / 2, `${most} of ${OPENED} at once`);
});
