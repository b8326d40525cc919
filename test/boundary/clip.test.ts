/** Clips: what the model sees of a video, frames shared with perturbed twins, sizes other than the trained one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EngineError, type PromptInput } from "../../lib/index.js";
import { clipOfFrames, NativeClip, openClip } from "../../lib/model/clip.js";
import { nativeBinding } from "../../lib/native/load.js";
import { logits, clip as readClip, resize } from "../../lib/parity.js";
import { assertNear } from "../helpers/closeness.js";
import {
  openSmall,
  pixels,
  type SmallModel,
  slotIds,
  smallPrompt,
  VOCABULARY,
} from "../helpers/small-model.js";
import { allFrames, makeVideo, scratchFolder } from "../helpers/video-files.js";

/** Float32 in the same order of summation, from inputs one rounding apart. */
const LOGITS_BOUND = 1e-5;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const FRAMES = 4;
const SIZE = 56;

const scratch = scratchFolder();
let video: string;
let model: SmallModel;
let open: NativeClip;
before(async () => {
  video = makeVideo(join(scratch, "a.mkv"), { frames: 12, args: ["-c:v", "ffv1", "-pix_fmt", "gbrp"] });
  model = await openSmall();
  open = await openClip(video, { frames: FRAMES, size: SIZE });
});
after(() => {
  open.dispose();
  model.dispose();
});

/** Frame i of bytes [frames, size, size, 3]. */
function frameOf(bytes: Uint8Array, i: number, size = SIZE): Uint8Array {
  return bytes.subarray(i * size * size * 3, (i + 1) * size * size * 3);
}

/** Bytes [frames, size, size, 3] → [frames, 3, size, size], (v / 255 − mean) / deviation. */
function normalised(bytes: Uint8Array, size: number): Float32Array {
  const area = size * size;
  return Float32Array.from({ length: bytes.length }, (_, i) => {
    const [frame, c, place] = [Math.floor(i / area / 3), Math.floor(i / area) % 3, i % area];
    return ((bytes[(frame * area + place) * 3 + c] ?? 0) / 255 - (MEAN[c] ?? 0)) / (DEVIATION[c] ?? 1);
  });
}

async function sees(
  input: Omit<PromptInput, "inputIds">,
  frames: number,
  size = SIZE,
): Promise<Float32Array> {
  return (await logits(model, { ...input, inputIds: slotIds(1, frames, size) })).data;
}

test("the bytes are the video's frames, resized; times are theirs", async () => {
  const {
    pixels: bytes,
    shape,
    frameTimes,
  } = await readClip(video, { frames: 12, size: SIZE, sampling: "uniform" });
  assert.deepEqual(shape, [12, SIZE, SIZE, 3]);
  const decoded = allFrames(video, 48, 32);
  for (const [i, rgb] of decoded.entries()) {
    assert.deepEqual(frameOf(bytes, i), resize(rgb, 48, 32, SIZE, SIZE), `frame ${i}`);
    assert.ok(Math.abs((frameTimes[i] ?? Number.NaN) - i / 25) < 1e-3, `time ${frameTimes[i]} of frame ${i}`);
  }
});

test("the model sees (v / 255 − mean) / deviation of them", async () => {
  const pixelValues = normalised(open.read(), SIZE);
  const expected = await sees({ pixelValues, frames: FRAMES, imageSize: SIZE }, FRAMES);
  assertNear(await sees({ clip: open }, FRAMES), expected, LOGITS_BOUND, "logits");
});

test("a perturbed twin has the same frames in its own order, and empty ones", async () => {
  const bytes = open.read();
  const order = [2, -1, 0, 0, 3];
  const twin = open.perturb(Int32Array.from(order));
  assert.ok(twin instanceof NativeClip);
  assert.equal(twin.frames, 5);
  assert.deepEqual(
    [...twin.frameTimes],
    order.map((i) => (i < 0 ? Number.NaN : open.frameTimes[i])),
  );
  for (const [place, i] of order.entries()) {
    const found = frameOf(twin.read(), place);
    if (i >= 0) assert.deepEqual(found, frameOf(bytes, i), `frame ${i}`);
    else
      assert.deepEqual(
        [...new Set(Array.from({ length: SIZE * SIZE }, (_, p) => found.subarray(3 * p, 3 * p + 3).join()))],
        [MEAN.map((mean) => Math.round(255 * mean)).join()],
      );
  }

  // An empty frame is exactly zero to the model, not the rounded mean colour.
  const one = 3 * SIZE * SIZE;
  const shown = normalised(bytes, SIZE);
  const pixelValues = new Float32Array(order.length * one);
  for (const [place, i] of order.entries())
    if (i >= 0) pixelValues.set(shown.subarray(i * one, (i + 1) * one), place * one);
  const expected = await sees({ pixelValues, frames: order.length, imageSize: SIZE }, order.length);
  assertNear(await sees({ clip: twin }, order.length), expected, LOGITS_BOUND, "logits");

  const again = twin.perturb(Int32Array.of(4, 1, 0));
  assert.ok(again instanceof NativeClip);
  for (const [place, from] of [3, null, 2].entries()) {
    if (from !== null) assert.deepEqual(frameOf(again.read(), place), frameOf(bytes, from));
    else assert.deepEqual(frameOf(again.read(), place), frameOf(twin.read(), 1));
  }
  again.dispose();
  twin.dispose();
});

test("original and twin may be disposed of in either order, and twice", async () => {
  const bytes = open.read();
  for (const originalFirst of [true, false]) {
    const original = await openClip(video, { frames: FRAMES, size: SIZE });
    const twin = original.perturb(Int32Array.of(1, 0));
    assert.ok(twin instanceof NativeClip);
    const [first, second] = originalFirst ? [original, twin] : [twin, original];
    first.dispose();
    first.dispose();
    assert.throws(() => first.read(), { name: "EngineError", code: "E_DISPOSED" });
    assert.throws(() => first.perturb(Int32Array.of(0)), { code: "E_DISPOSED" });
    await assert.rejects(sees({ clip: first }, first.frames), { code: "E_DISPOSED" });
    assert.deepEqual(frameOf(second.read(), originalFirst ? 1 : 0), frameOf(bytes, 0));
    second.dispose();
  }
});

test("frames that do not exist are refused", () => {
  for (const indices of [[FRAMES], [0, -2], []]) {
    assert.throws(() => open.perturb(Int32Array.from(indices)), { name: "EngineError" });
  }
});

test("pixelValues that are not their shape are refused", async () => {
  const prompt = smallPrompt(2);
  const refused = { name: "EngineError", code: "E_OPTION" };
  const wrong: Partial<PromptInput>[] = [
    { pixelValues: pixels(2, 1, SIZE).subarray(1) },
    { frames: 2 },
    { imageSize: 84 },
    { clip: open },
  ];
  for (const change of wrong) {
    await assert.rejects(async () => logits(model, { ...prompt, ...change }), refused);
  }
  const { frames: _, ...sizeless } = prompt;
  await assert.rejects(async () => logits(model, sizeless), refused);
});

test("frames larger and smaller than the trained ones work; sides that are no whole tokens do not", async () => {
  for (const size of [28, 84, 112]) {
    assert.equal(model.visualTokens(size), (size / 28) ** 2);
    assert.deepEqual(model.slots(2, size), { frames: 2, visualTokens: (size / 28) ** 2, motion: false });
    const other = await openClip(video, { frames: 2, size });
    const pixelValues = normalised(other.read(), size);
    const expected = await sees({ pixelValues, frames: 2, imageSize: size }, 2, size);
    assert.equal(expected.length, slotIds(1, 2, size).length * VOCABULARY);
    assertNear(await sees({ clip: other }, 2, size), expected, LOGITS_BOUND, `${size} pixels`);
    other.dispose();
  }
  for (const size of [0, 42, 64]) {
    assert.throws(() => model.visualTokens(size), { code: "E_OPTION", message: /multiple of 28/ });
    assert.throws(() => model.slots(2, size), { code: "E_OPTION", message: /multiple of 28/ });
  }
  const odd = { pixelValues: pixels(3, 1, 64), frames: 1, imageSize: 64, inputIds: slotIds(1, 1, 56) };
  await assert.rejects(async () => logits(model, odd), { name: "EngineError", message: /64/ });
});

test("a frame that the engine refuses is the package's own error, and leaves no clip", async () => {
  const { liveClips } = nativeBinding().info();
  const short = { rgb: new Uint8Array(5), width: 10, height: 10 };
  await assert.rejects(clipOfFrames([short], SIZE, new Float64Array(1)), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "E_ARGUMENT");
    assert.match(error.message, /rgb: expected 10 x 10 x 3 bytes, found 5/);
    return true;
  });
  assert.equal(nativeBinding().info().liveClips, liveClips);
});
