/** Each distortion does what its severity says: laws of blur and noise, and the ends of the scales. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expose, quantiser, repeatedFrames, SPATIAL } from "../../../lib/synthetic/distortions.js";
import { Sfc32 } from "../../../lib/synthetic/draw.js";
import { SIDE } from "../../../lib/synthetic/geometry.js";
import { type Frame, newFrame } from "../../../lib/synthetic/plane.js";
import { UNSEEN_SPATIAL } from "../../../lib/synthetic/unseen-distortions.js";

const flat = (luma: number): Frame => {
  const frame = newFrame();
  frame.bytes.fill(128);
  frame.luma.fill(luma);
  return frame;
};

/** A vertical step edge between 40 and 200 in the middle of the luma. */
const edge = (): Frame => {
  const frame = flat(40);
  for (let y = 0; y < SIDE; y++) frame.luma.fill(200, y * SIDE + SIDE / 2, (y + 1) * SIDE);
  return frame;
};

const draw = () => new Sfc32("test", 1);

test("blur keeps flat areas and spreads an edge with the standard deviation of its Gaussian", () => {
  const even = flat(90);
  SPATIAL.blur(even, 0.7);
  assert.deepEqual(even.bytes, flat(90).bytes);
  const frame = edge();
  SPATIAL.blur(frame, 0.5);
  // The derivative of a blurred step is the kernel itself: its second moment is sigma², here (0.6 + 1.6)².
  let weight = 0;
  let moment = 0;
  for (let x = 1; x < SIDE; x++) {
    const slope = (frame.luma[64 * SIDE + x] ?? 0) - (frame.luma[64 * SIDE + x - 1] ?? 0);
    weight += slope;
    moment += slope * (x - SIDE / 2) ** 2;
  }
  assert.equal(weight, 160);
  // The kernel is cut at 2.5 sigma, which takes about a tenth of the second moment.
  assert.ok(Math.abs(moment / weight / 2.2 ** 2 - 0.92) < 0.06, String(moment / weight));
});

test("noise has mean zero and the stated standard deviation", () => {
  const frame = flat(128);
  SPATIAL.noise(frame, 0.5, draw());
  const errors = Array.from(frame.luma, (value) => value - 128);
  const mean = errors.reduce((sum, value) => sum + value, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, value) => sum + value * value, 0) / errors.length);
  // 16384 samples: standard errors 0.13 of the mean and 0.09 of the deviation.
  assert.ok(Math.abs(mean) < 0.5 && Math.abs(deviation - 16.5) < 0.4, `${mean} ${deviation}`);
});

test("exposure scales luma away from black and clips at the legal ends", () => {
  const dark = flat(116);
  expose(dark, 1, false);
  assert.equal(dark.luma[0], 41);
  const bright = flat(116);
  expose(bright, 1, true);
  assert.equal(bright.luma[0], 240);
  assert.equal(bright.blue[0], 128);
});

test("compression and stutter grow with severity and are absent at 0", () => {
  assert.deepEqual([0, 0.15, 0.5, 1].map(quantiser), [20, 42, 46, 50]);
  assert.deepEqual([0, 0.15, 0.5, 1].map(repeatedFrames), [0, 5, 8, 12]);
});

test("unseen distortions leave flat pictures' mean, change edges more when more severe", () => {
  for (const [name, distort] of Object.entries(UNSEEN_SPATIAL)) {
    const change = (severity: number) => {
      const frame = edge();
      distort(frame, severity, draw());
      const before = edge().luma;
      return frame.luma.reduce((sum, value, i) => sum + Math.abs(value - (before[i] ?? 0)), 0);
    };
    assert.ok(change(0.9) > change(0.2), name);
    assert.ok(change(0.9) > 0, name);
  }
});
