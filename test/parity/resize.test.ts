/** Resizing against Pillow 12.2.0, Image.resize(BICUBIC); the larger set is test/goldens/resize.txt, for native tests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resize } from "../../lib/inspect.js";

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
