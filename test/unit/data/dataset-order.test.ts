/** Laws of the order whose steps are of one dataset each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetOrder } from "../../../lib/data/dataset-order.js";

const datasets = Array.from({ length: 23 }, (_, i) => (i % 3 === 0 ? "a" : i % 3 === 1 ? "b" : "c"));

test("a step is of one dataset, an epoch takes no video twice and every whole step of each dataset", () => {
  for (let seed = 0; seed < 20; seed++) {
    const order = datasetOrder(seed, datasets, 3);
    // 8, 8 and 7 videos: 2 steps of each.
    assert.equal(order.stepsPerEpoch, 6);
    for (const epoch of [0, 1]) {
      const steps = Array.from({ length: 6 }, (_, i) => [...order.videosOf(6 * epoch + i + 1)]);
      assert.equal(new Set(steps.flat()).size, 18);
      for (const step of steps) assert.equal(new Set(step.map((i) => datasets[i])).size, 1);
      const turns = steps.map(([first = 0]) => datasets[first]);
      assert.deepEqual([...turns].sort(), ["a", "a", "b", "b", "c", "c"]);
    }
  }
});

test("epochs and seeds differ, a step can be had alone, and datasets do not come in the list's order", () => {
  const epoch = (seed: number, from: number) =>
    Array.from({ length: 6 }, (_, i) => [...datasetOrder(seed, datasets, 3).videosOf(from + i)]);
  assert.notDeepEqual(epoch(1, 1), epoch(1, 7));
  assert.notDeepEqual(epoch(1, 1), epoch(2, 1));
  assert.deepEqual(epoch(3, 1), epoch(3, 1));
  const firsts = new Set(Array.from({ length: 30 }, (_, seed) => datasets[epoch(seed, 1)[0]?.[0] ?? 0]));
  assert.deepEqual([...firsts].sort(), ["a", "b", "c"]);
});
