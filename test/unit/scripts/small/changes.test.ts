/** The stem that detects change: nothing where a frame repeats its neighbours, and opposite signs where it does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeBank } from "../../../../scripts/small/changes.js";
import { SMALL } from "../../../../scripts/small/wording.js";

const [TIMES, PLANE] = [5, 49];

/** What the first four filters say of five grey frames, at their middle pixel. */
function detected(levels: readonly number[]): number[] {
  const weight = Object.values(changeBank(SMALL.shape, 0))[0] as Float32Array;
  return [0, 1, 2, 3].map((channel) =>
    levels.reduce((sum, level, time) => {
      const taps = [0, 1, 2].flatMap((c) => {
        const from = ((channel * 3 + c) * TIMES + time) * PLANE;
        return Array.from(weight.subarray(from, from + PLANE));
      });
      return sum + level * taps.reduce((a, b) => a + b, 0);
    }, 0),
  );
}

test("a frame that repeats both neighbours gives nothing, whatever stands around them", () => {
  for (const value of detected([9, 4, 4, 4, 7])) assert.ok(Math.abs(value) < 1e-6);
});

test("the change from before and the change to after have filters of both signs", () => {
  const [before, opposite, after, other] = detected([0, 1, 3, 3, 0]) as [number, number, number, number];
  assert.ok(Math.abs(before - 2) < 1e-6 && Math.abs(before + opposite) < 1e-6);
  assert.ok(Math.abs(after) < 1e-6 && Math.abs(other) < 1e-6);
  const [still, , changing] = detected([0, 3, 3, 1, 0]) as [number, number, number];
  assert.ok(Math.abs(still) < 1e-6 && Math.abs(changing - 2) < 1e-6);
});
