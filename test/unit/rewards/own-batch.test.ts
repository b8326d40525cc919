/** What a reward finds in its batch: all of the list's row, in an object of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StepEvent } from "../../../lib/grpo/event.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";
import { config, dataset, emptyFile, lines, run } from "../../helpers/fake-run.js";

test("a reward sees every field of its video's row", async () => {
  const row = {
    ...{ dataset: "ours", question: "How good?", reply: "Fair: 3" },
    fields: { category: "sports", second: 4 },
  };
  const seen: object[] = [];
  const look = ({ videos }: RewardBatch) =>
    videos.map(({ answers, ...video }) => {
      seen.push(video);
      return new Float64Array(answers.length);
    });
  const entry = { video: emptyFile("row-q20.mp4"), score: 2, ...row };
  await run(config({ steps: 1, videosPerStep: 1 }), { dataset: [entry], rewards: { look } });
  assert.deepEqual(seen, [{ id: entry.video, path: entry.video, target: 2, ...row }]);
});

test("a reward that empties its batch leaves the run's answers and its list as they were", async () => {
  const empty = ({ videos }: RewardBatch) => {
    const rewards = videos.map(({ answers }) => Float64Array.from(answers, ({ score }) => score ?? 0));
    for (const video of videos) {
      video.answers.length = 0;
      Object.assign(video.fields ?? {}, { category: "spoilt" });
    }
    videos.length = 0;
    return rewards;
  };
  const seen = new Set<unknown>();
  const look = ({ videos }: RewardBatch) => {
    for (const { fields } of videos) seen.add(fields?.["category"]);
    return videos.map(({ answers }) => new Float64Array(answers.length));
  };
  const rows = dataset.slice(0, 4).map((entry) => ({ ...entry, fields: { category: "sports" } }));
  const { summary, events } = await run(config({ steps: 2 }), { dataset: rows, rewards: { empty, look } });
  for (const { answers } of lines(summary.run, "completions.jsonl"))
    assert.equal((answers as unknown[]).length, 3);
  const steps = events.filter((event): event is StepEvent => event.type === "step");
  assert.deepEqual(
    steps.map(({ parsed }) => parsed),
    [1, 1],
  );
  assert.deepEqual([...seen], ["sports"]);
});
