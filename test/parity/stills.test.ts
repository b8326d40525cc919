/** Still images against Pillow's convert("RGB") and resize; images and numbers: test/goldens/recipes/stills.py. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { clip } from "../../lib/parity.js";
import { readStill } from "../../lib/video/still.js";
import { golden, goldenPath } from "../helpers/goldens.js";

interface Recorded {
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
  readonly resized: string;
}

const SIZE = 448;
const images = Object.entries(golden("stills/stills") as Record<string, Recorded>);

for (const [name, wanted] of images) {
  test(name, async () => {
    const path = goldenPath(`stills/${name}`);
    const { width, height, rgb } = await readStill(path);
    assert.deepEqual(
      { width, height, rgb: digest(rgb) },
      { width: wanted.width, height: wanted.height, rgb: wanted.rgb },
    );

    const { pixels, shape, frameTimes } = await clip(path, { frames: 6, size: SIZE });
    assert.deepEqual(shape, [6, SIZE, SIZE, 3]);
    assert.deepEqual([...frameTimes], [0, 0, 0, 0, 0, 0]);
    const bytes = SIZE * SIZE * 3;
    for (let i = 0; i < 6; i++)
      assert.equal(digest(pixels.subarray(i * bytes, (i + 1) * bytes)), wanted.resized, `frame ${i}`);
  });
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
