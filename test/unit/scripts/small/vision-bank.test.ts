/** What the vision bank tells of whole frames: magnitudes as logarithms, levels as they are; and that the norm makes them comparable. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mean, variance } from "../../../../lib/core/stats.js";
import { Sfc32 } from "../../../../lib/synthetic/draw.js";
import { frameTold, standardised } from "../../../../scripts/small/standard.js";
import { measureChroma, visionBank } from "../../../../scripts/small/vision-bank.js";
import { SMALL } from "../../../../scripts/small/wording.js";
import { cosine, measureCosines } from "../../../../scripts/tiny/whitening.js";

const { shape } = SMALL;
const SIZE = shape.imageSize;
const LOUDNESS = 8;
const [BRIGHT, DARK] = [122, 123];

function frame(of: (y: number, x: number) => number): Uint8Array {
  return Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return of(Math.floor(pixel / SIZE), pixel % SIZE);
  });
}

const rng = new Sfc32("vision bank");
const noisy = (level: number, strength: number) =>
  frame(() => Math.min(255, Math.max(0, level + strength * rng.normal())));
const coloured = (bytes: Uint8Array) => bytes.map((value, i) => (i % 3 === 0 ? value * 0.9 : value));
const usual = [4, 8, 16, 24].flatMap((strength) =>
  [40, 110, 200].map((level) => coloured(noisy(level, strength))),
);
const measured = measureCosines(shape, Buffer.concat(usual));
const bank = visionBank(shape, measured, measureChroma(shape, Buffer.concat(usual)));
const told = (rgb: Uint8Array) => frameTold(shape, bank, rgb);

test("the mean magnitude of a cosine stands as a logarithm in its channel", () => {
  const k = 3;
  const wave = (strength: number) => frame((_, x) => 128 + strength * cosine(k, x % 8, 8));
  const deviations = new Array<number>(64).fill(0.6);
  const plain = visionBank(shape, { means: new Array<number>(64).fill(0), deviations }, [0.1, 0.1]);
  const expected = (strength: number) => (strength * Math.sqrt(8)) / 255 / 0.6;
  for (const strength of [5, 10, 20]) {
    const found = frameTold(shape, plain, wave(strength))[k] as number;
    // Beside the magnitude the cosine itself, which is the same in all patches of a wave, from what stands for none.
    const wanted = LOUDNESS * Math.log((2 * expected(strength) + 0.02) / 0.02);
    assert.ok(Math.abs(found - wanted) < LOUDNESS * 0.25, `${found} for ${wanted}`);
  }
});

test("blur lowers the highest cosine, and noise raises the tails and the differences", () => {
  const [weak, strong] = [told(noisy(110, 4)), told(noisy(110, 24))];
  for (const channel of [63, 66 + 31, 98, 98 + 13, 112 + 3])
    assert.ok((strong[channel] as number) > (weak[channel] as number) + LOUDNESS * 0.2, String(channel));
});

test("white and black frames are told by their levels", () => {
  const [white, grey, black] = [245, 120, 8].map((level) => told(noisy(level, 2)));
  const of = (frame: Float64Array | undefined, channel: number) => frame?.[channel] as number;
  assert.ok(of(white, BRIGHT) > of(grey, BRIGHT) + 1 && of(black, DARK) > of(grey, DARK) + 0.5);
  assert.ok(of(white, 0) > of(grey, 0) && of(grey, 0) > of(black, 0));
});

test("behind the norm a channel has mean 0 and deviation 1 over the measured frames", () => {
  const given = standardised(shape, bank, Buffer.concat(usual));
  const [weight, bias] = [given["projector.norm.weight"], given["projector.norm.bias"]] as Float32Array[];
  const values = usual.map((rgb) => {
    const all = Array.from(told(rgb));
    const normed = ((all[63] as number) - mean(all)) / Math.sqrt(variance(all, 0));
    return normed * (weight?.[63] as number) + (bias?.[63] as number);
  });
  assert.ok(Math.abs(mean(values)) < 1e-4 && Math.abs(variance(values, 0) - 1) < 1e-3);
});

test("an encoder without room for it is refused", () => {
  const narrow = { ...shape, vision: { ...shape.vision, hidden: 96 } };
  assert.throws(() => visionBank(narrow, measured, [1, 1]), /no room/);
});
