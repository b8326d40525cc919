/** Structural similarity by blocks: equal planes have 1, flat ones what the equation says, and structure that goes costs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sfc32 } from "../../../../lib/synthetic/draw.js";
import { blockSsim, lumaOf } from "../../../../scripts/small/ssim.js";

const SIZE = { width: 24, height: 16 };
const plane = (of: (i: number) => number) =>
  Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, i) => of(i));

test("equal planes have 1, flat ones what their means say", () => {
  const rng = new Sfc32("ssim");
  const any = plane(() => rng.below(256));
  assert.ok(Math.abs(blockSsim(any, any, SIZE) - 1) < 1e-12);
  const expected = (2 * 100 * 150 + 6.5025) / (100 * 100 + 150 * 150 + 6.5025);
  assert.ok(
    Math.abs(
      blockSsim(
        plane(() => 100),
        plane(() => 150),
        SIZE,
      ) - expected,
    ) < 1e-12,
  );
});

test("a plane whose structure is gone has little, one with less noise has more", () => {
  const rng = new Sfc32("ssim noise");
  const texture = plane((i) => 128 + 60 * ((i + Math.floor(i / SIZE.width)) % 2 === 0 ? 1 : -1));
  const noisy = (by: number) => texture.map((value) => value + Math.round(by * (2 * rng.uniform() - 1)));
  const [flat, much, little] = [plane(() => 128), noisy(60), noisy(10)].map((one) =>
    blockSsim(texture, one, SIZE),
  ) as [number, number, number];
  assert.ok(flat < 0.05 && flat < much && much < little && little < 1, `${flat} ${much} ${little}`);
});

test("luma of black, white and a colour is that of limited range", () => {
  assert.deepEqual([...lumaOf(Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 0, 0))], [16, 235, 82]);
});
