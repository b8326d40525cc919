/** Resizing against Pillow before 12.2, Image.resize(BICUBIC); 500 pairs of sizes by test/goldens/recipes/resize.py. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { resize } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";

const WIDTH = 64;
const HEIGHT = 48;
/** Channel c of pixel (x, y) is (7x + 13y + 50c) mod 256. */
const IMAGE = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
  const [c, x, y] = [i % 3, Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
  return (7 * x + 13 * y + 50 * c) % 256;
});

for (const { width, height, sum, row, centre, last } of [
  {
    width: 28,
    height: 28,
    sum: 301518,
    row: [10, 25, 42, 57, 73, 90],
    centre: [27, 83, 133],
    last: [7, 68, 118],
  },
  {
    width: 80,
    height: 80,
    sum: 2463179,
    row: [0, 4, 10, 15, 21, 26],
    centre: [16, 70, 120],
    last: [29, 79, 129],
  },
  {
    width: 64,
    height: 28,
    sum: 689515,
    row: [5, 12, 19, 26, 33, 40],
    centre: [17, 78, 128],
    last: [14, 73, 123],
  },
]) {
  test(`${WIDTH} x ${HEIGHT} to ${width} x ${height}`, () => {
    const out = resize(IMAGE, WIDTH, HEIGHT, width, height);
    assert.equal(out.length, width * height * 3);
    assert.equal(
      out.reduce((total, value) => total + value, 0),
      sum,
    );
    assert.deepEqual(
      row.map((_, x) => out[3 * x]),
      row,
    );
    const middle = 3 * ((height >> 1) * width + (width >> 1));
    assert.deepEqual([...out.subarray(middle, middle + 3)], centre);
    assert.deepEqual([...out.subarray(-3)], last);
  });
}

/** The recipe's picture: bytes [height, width, 3]. */
function picture(width: number, height: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = x * x * 7 + y * 151 + Math.floor(x / 5) * Math.floor(y / 3) * 31 + seed * 17;
      for (let c = 0; c < 3; c++) bytes[i++] = value + c * 89;
    }
  }
  return bytes;
}

test("500 pairs of sizes, from single pixels to 7680 x 4320, up and down, one axis and both", () => {
  const lines = readFileSync(goldenPath("resize-500.txt"), "utf8").trimEnd().split("\n").slice(1);
  assert.equal(lines.length, 500);
  for (const line of lines) {
    const [width = 0, height = 0, outWidth = 0, outHeight = 0, seed = 0] = line.split(" ").map(Number);
    const out = resize(picture(width, height, seed), width, height, outWidth, outHeight);
    assert.equal(createHash("sha256").update(out).digest("hex").slice(0, 16), line.split(" ").at(-1), line);
  }
});

test("the same size is the same bytes; one colour stays one colour at any size", () => {
  assert.deepEqual(resize(IMAGE, WIDTH, HEIGHT, WIDTH, HEIGHT), IMAGE);
  const colour = [0, 131, 255];
  const flat = Uint8Array.from({ length: 5 * 9 * 3 }, (_, i) => colour[i % 3] ?? 0);
  for (const [width, height] of [
    [1, 1],
    [3, 40],
    [40, 3],
    [64, 64],
  ] as const) {
    const out = resize(flat, 5, 9, width, height);
    assert.deepEqual(
      out,
      Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3] ?? 0),
    );
  }
});

test("bytes that are not the picture's are refused", () => {
  assert.throws(() => resize(IMAGE.subarray(1), WIDTH, HEIGHT, 28, 28), {
    name: "EngineError",
    message: /64 x 48 x 3/,
  });
  assert.throws(() => resize(IMAGE, WIDTH, HEIGHT, 0, 28), { name: "EngineError" });
});
