/** Labels times a factor, as a run's rewards see them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { type TrainOptions, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { config, dataset, dir, stored } from "../../helpers/fake-run.js";

/** The label of each video as the rewards see it, and the run's configuration. */
async function targets(input: TrainConfigInput, options: TrainOptions) {
  const seen = new Map<string, number>();
  const look: NonNullable<TrainOptions["rewards"]> = [
    function seeing(batch) {
      for (const { id, target } of batch.videos) seen.set(id, target);
      return batch.videos.map(({ answers }) => new Float64Array(answers.length));
    },
  ];
  const { run: folder } = await train(input, { ...options, rewards: look }, fakeEngine(fakeState()));
  return { seen, resolved: stored(folder) };
}

test("the label scale multiplies labels, goes with their own scale and is recorded", async () => {
  const list = join(dir, "list.jsonl");
  const line = (i: number, more: object) =>
    `${JSON.stringify({ id: `v${i}`, video: `clip${i}-q${10 + 4 * i}.mp4`, ...more })}\n`;
  writeFileSync(list, line(0, { score: 2.5 }) + line(1, { score: 4, scale: "0..5" }));
  const once = { steps: 1, videosPerStep: 2 };
  const range = { labelScale: 20, labelRange: { min: 0, max: 100 } };
  const scaled = await targets(config({ ...once, data: list, ...range }), {});
  assert.deepEqual(Object.fromEntries(scaled.seen), { v0: 3, v1: 4.2 });
  assert.deepEqual(
    [scaled.resolved["labelScale"], scaled.resolved["labelRange"], scaled.resolved["data"]],
    [20, { min: 0, max: 100 }, list],
  );
  const plain = await targets(config({ ...once, data: list }), {});
  assert.deepEqual(Object.fromEntries(plain.seen), { v0: 2.5, v1: 4.2 });
  assert.equal(plain.resolved["labelScale"], 1);
  const given = dataset.slice(0, 2).map((entry, i) => ({ ...entry, id: `g${i}` }));
  const api = await targets(config({ ...once, labelScale: 2 }), { dataset: given });
  assert.deepEqual(Object.fromEntries(api.seen), { g0: 2, g1: 2.8 });
});
