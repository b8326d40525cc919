/** Film over a photograph: the stream decides all of it, frames stay inside the picture, moving shots move. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sfc32 } from "../../../../lib/synthetic/draw.js";
import { film } from "../../../../scripts/small/film.js";

const size = { width: 64, height: 48 };
const FRAMES = 6;

/** Diagonal stripes of full contrast. */
const photo = (() => {
  const [width, height] = [400, 300];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return ((pixel % width) + Math.floor(pixel / width)) % 40 < 20 ? 230 : 20;
  });
  return { rgb, width, height };
})();
const shot = (name: number, photos = [photo]) => film(photos, size, FRAMES, new Sfc32("film", name));

test("the same stream films the same, another one something else", async () => {
  assert.deepEqual(await shot(1), await shot(1));
  assert.notDeepEqual(await shot(1), await shot(2));
});

test("most shots move, and nothing outside the photograph is shown", async () => {
  const bytes = size.width * size.height * 3;
  let moving = 0;
  for (let name = 0; name < 20; name++) {
    const frames = await shot(name);
    assert.equal(frames.length, FRAMES * bytes);
    // Lanczos rings a little beyond the stripes' two levels; black beyond the border would be 0 in whole rows.
    for (let row = 0; row < FRAMES * size.height; row++)
      assert.ok(frames.subarray(row * size.width * 3, (row + 1) * size.width * 3).some((value) => value > 0));
    if (Buffer.compare(frames.subarray(0, bytes), frames.subarray(bytes, 2 * bytes)) !== 0) moving++;
  }
  assert.ok(moving >= 12 && moving < 20, `${moving} of 20 move`);
});

test("two photographs make a cut in the middle half", async () => {
  const white = { ...photo, rgb: new Uint8Array(photo.rgb.length).fill(255) };
  const bytes = size.width * size.height * 3;
  const frames = await film([photo, white], size, 12, new Sfc32("cut", 3));
  const isWhite = (i: number) => frames.subarray(i * bytes, (i + 1) * bytes).every((value) => value === 255);
  const cut = Array.from({ length: 12 }, (_, i) => i).findIndex(isWhite);
  assert.ok(cut >= 3 && cut <= 9, `cut at ${cut}`);
  assert.ok(isWhite(11) && !isWhite(0));
});
