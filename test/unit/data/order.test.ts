/** Laws of the data order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stepsPerEpoch, stepVideos } from "../../../lib/data/order.js";
import { parseScale, rescale } from "../../../lib/data/scale.js";

test("an epoch takes no video twice, epochs and seeds differ, a step can be had alone", () => {
  const epoch = (seed: number, from: number) =>
    [from, from + 1, from + 2].flatMap((step) => [...stepVideos(seed, step, 10, 3)]);
  assert.equal(stepsPerEpoch(10, 3), 3);
  for (let seed = 0; seed < 20; seed++) {
    for (const from of [1, 4]) assert.equal(new Set(epoch(seed, from)).size, 9);
  }
  assert.notDeepEqual(epoch(1, 1), epoch(1, 4));
  assert.notDeepEqual(epoch(1, 1), epoch(2, 1));
  assert.deepEqual(stepVideos(7, 5, 10, 3), stepVideos(7, 5, 10, 3));
});

test("a step larger than the data is refused", () => {
  assert.throws(() => stepVideos(1, 1, 3, 4), {
    code: "E_OPTION",
    message: /videosPerStep.*at most 3.*found 4/,
  });
});

test("scales are lines between their ends", () => {
  assert.equal(rescale(50, { min: 0, max: 100 }, { min: 1, max: 5 }), 3);
  assert.deepEqual(parseScale("-1.5 .. 2"), { min: -1.5, max: 2 });
  assert.equal(parseScale("five"), null);
});
