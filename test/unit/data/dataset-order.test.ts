/** Laws of the order whose steps are of one dataset each, and a run by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetOrder } from "../../../lib/data/dataset-order.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import type { TrainOptions } from "../../../lib/run/train.js";
import { config, dataset, lines, run } from "../../helpers/fake-run.js";

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

test("steps of one dataset each, as many as the epochs hold, and refused where a dataset fills none", async () => {
  const named = dataset.map((entry, i) => ({ ...entry, dataset: i < 3 ? "a" : "b" }));
  const { steps, ...more } = config({ videosPerStep: 2, epochs: 2, oneDataset: true });
  const { summary } = await run(more, { dataset: named });
  // 3 videos of a and 7 of b hold 1 and 3 steps of two.
  assert.deepEqual([steps, summary.steps], [8, 8]);
  const held = lines(summary.run, "completions.jsonl").map(({ step, id }) => [step, String(id)] as const);
  const names = new Map(named.map(({ video, dataset: name }) => [video, name]));
  for (let step = 1; step <= 8; step++) {
    const of = held.filter(([at]) => at === step).map(([, id]) => names.get(id));
    assert.equal(new Set(of).size, 1, `step ${step}`);
  }
  const refused = (input: Partial<TrainConfigInput>, list: TrainOptions["dataset"], message: RegExp) =>
    assert.rejects(run(config({ oneDataset: true, ...input }), { dataset: list }), {
      code: "E_OPTION",
      message,
    });
  await refused(
    { videosPerStep: 4 },
    named,
    /videosPerStep: expected at most 3, the videos of dataset "a" .*found 4/,
  );
  await refused(
    {},
    dataset,
    /oneDataset: expected a dataset for each video of the list, found "none for video 1 of 10"/,
  );
});
