/** What the statistics of mosaics say: which of them noise, blur and repeated frames move, and that they are as many for any frames. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sfc32 } from "../../../../lib/synthetic/draw.js";
import { statistics } from "../../../../scripts/small/statistics.js";

const [SIZE, FRAMES] = [16, 4];
const BYTES = SIZE * SIZE * 3;
/** Energy and unevenness of each of 64 bands stand first. */
const BANDS = 128;
const energy = (found: readonly number[], band: number) => found[2 * band] as number;

function frames(of: (frame: number, y: number, x: number) => number): Uint8Array {
  return Uint8Array.from({ length: FRAMES * BYTES }, (_, i) => {
    const pixel = Math.floor((i % BYTES) / 3);
    return of(Math.floor(i / BYTES), Math.floor(pixel / SIZE), pixel % SIZE);
  });
}

test("grey frames have no energy but their mean's, no edges and no change", () => {
  const found = statistics(
    frames(() => 100),
    SIZE,
    4,
  );
  assert.ok(Math.abs(energy(found, 0) - Math.log(800 ** 2)) < 1e-3);
  for (let band = 1; band < 64; band++) assert.ok(Math.abs(energy(found, band) - Math.log(0.5)) < 1e-9);
  assert.deepEqual(found.slice(-7, -3), [1, 1, 1, 1]);
});

test("a cosine's energy is in its own band", () => {
  const wave = (x: number) => 128 + 50 * Math.cos((Math.PI * (2 * (x % 8) + 1) * 3) / 16);
  const found = statistics(
    frames((_, __, x) => wave(x)),
    SIZE,
    4,
  );
  const bands = Array.from({ length: 63 }, (_, i) => energy(found, i + 1));
  assert.equal(bands.indexOf(Math.max(...bands)) + 1, 3);
});

test("noise raises the highest band, and blur lowers it", () => {
  const rng = new Sfc32("statistics");
  const drawn = frames(() => 60 + rng.below(100));
  const blurred = drawn.map((value, i) => (value + (drawn[i - 3] ?? value) + (drawn[i - 6] ?? value)) / 3);
  const highest = (of: Uint8Array) => energy(statistics(of, SIZE, 4), 63);
  assert.ok(highest(drawn) > highest(blurred) + 1);
});

test("repeated frames count as pairs without change, and pairs of two groups do not count", () => {
  const moving = (frame: number) => (_: number, y: number, x: number) => (37 * x + 11 * y + 50 * frame) % 200;
  const shown = [0, 0, 0, 3];
  const found = statistics(
    frames((frame, y, x) => moving(shown[frame] as number)(frame, y, x)),
    SIZE,
    4,
  );
  assert.equal(found.at(-7), 2 / 3);
  assert.equal(found.at(-2), 2 / 3);
  const pairs = statistics(
    frames((frame, y, x) => moving(frame < 2 ? 0 : 3)(frame, y, x)),
    SIZE,
    2,
  );
  assert.equal(pairs.at(-7), 1);
  assert.equal(found.length, BANDS + 2 * 13 + 7 + 7);
});
