/** The fast pathway that counts what stands still: its stem, its thresholds, and the way to the motion token. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { motionBank } from "../../../../scripts/small/motion-bank.js";
import { SMALL } from "../../../../scripts/small/wording.js";
import { startTensors } from "../../../../scripts/tiny/start.js";

const tensors = new Map(
  startTensors(SMALL, 0, motionBank(SMALL.shape)).map(({ name, shape, data }) => [name, { shape, data }]),
);
function tensor(name: string): { shape: readonly number[]; data: Float32Array } {
  const found = tensors.get(`slowfast_model.feature_extraction.${name}`);
  assert.ok(found, name);
  return found;
}
const [TIMES, PLANE] = [5, 49];
const DEVIATION = [0.229, 0.224, 0.225];
const FIRST = "1.multipathway_blocks.1.res_blocks.0";

/** What two filters say of five grey frames of levels 0 to 255, at their middle pixel. */
function changes(levels: readonly number[]): number[] {
  const { data } = tensor("0.multipathway_blocks.1.conv.weight");
  return [0, 1].map((channel) =>
    levels.reduce((sum, level, time) => {
      const taps = [0, 1, 2].map((c) => {
        const from = ((channel * 3 + c) * TIMES + time) * PLANE;
        const weight = data.subarray(from, from + PLANE).reduce((a, b) => a + b, 0);
        return weight / 255 / (DEVIATION[c] as number);
      });
      return sum + level * taps.reduce((a, b) => a + b, 0);
    }, 0),
  );
}

test("a change from the frame before has its size of 255, of both signs; what repeats is nothing", () => {
  const [up = 0, down = 0] = changes([9, 4, 10, 4, 7]);
  assert.ok(Math.abs(up - 6) < 1e-4 && Math.abs(down + 6) < 1e-4);
  for (const value of changes([9, 4, 4, 90, 7])) assert.ok(Math.abs(value) < 1e-4);
});

test("a place that stands still counts in full at every threshold, one that changes at those above", () => {
  const { data, shape } = tensor(`${FIRST}.branch2.conv_a.weight`);
  const bias = tensor(`${FIRST}.branch2.norm_a.bias`).data;
  const inputs = shape[1] as number;
  const count = (change: number) =>
    Array.from({ length: 7 }, (_, j) =>
      Math.max(0, change * (data[j * inputs * 3 + 1] as number) + (bias[j] as number)),
    );
  assert.deepEqual(count(0), new Array(7).fill(1));
  assert.deepEqual(
    count(3).map((value) => value > 0),
    [false, false, false, true, true, true, true],
  );
});

test("counts pass both stages unmixed", () => {
  for (const [name, width] of [
    [`${FIRST}.branch2.conv_c.weight`, 8],
    ["2.multipathway_blocks.1.res_blocks.0.branch2.conv_c.weight", 15],
  ] as const) {
    const { data, shape } = tensor(name);
    const inputs = shape[1] as number;
    for (let out = 0; out < width; out++)
      assert.deepEqual(
        Array.from(data.subarray(out * inputs, (out + 1) * inputs)),
        Array.from({ length: inputs }, (_, i) => (i === out ? 1 : 0)),
      );
  }
});

test("a motion net without room for it is refused", () => {
  const [early, late] = SMALL.shape.motion.stages;
  assert.ok(early !== undefined && late !== undefined);
  const narrow = { ...SMALL.shape.motion, stages: [{ ...early, fast: [4, 16, 3] as const }, late] };
  assert.throws(() => motionBank({ ...SMALL.shape, motion: narrow as never }), /no room/);
});
