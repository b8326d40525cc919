/** Held-out clips are decoded once for several models, as far as memory allows. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ClipKeeper } from "../../../lib/ablation/clip-keeper.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import { modelScorer } from "../../../lib/infer/model-scorer.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const entries = [11, 24, 38].map((quality) => {
  const video = join(dir, `q${quality}.mp4`);
  writeFileSync(video, "");
  return { id: video, video, score: quality / 10 };
});
/** Of a fake model's clip: 4 frames of 28 × 28, three bytes each. */
const CLIP_MIB = (4 * 28 * 28 * 3) / 2 ** 20;

async function twice(capacityMiB: number) {
  const [one, other] = [fakeState(), fakeState(0.5)];
  const keeper = new ClipKeeper(capacityMiB);
  const plain = await evaluate(modelScorer(fakeModel(fakeState(0.5))), entries);
  const first = await evaluate(keeper.keeping(modelScorer(fakeModel(one))), entries);
  const second = await evaluate(keeper.keeping(modelScorer(fakeModel(other))), entries, { batchSize: 2 });
  const open = one.openClips + other.openClips;
  keeper.dispose();
  return { first, second, plain, opened: other.opened.length, open, left: one.openClips + other.openClips };
}

describe("ClipKeeper", () => {
  it("lends the clips of one model to the next, which says the same of them", async () => {
    const { first, second, plain, opened, open, left } = await twice(1);
    assert.equal(first.srcc, 1);
    assert.deepEqual([opened, open, left], [0, 3, 0]);
    const scores = (report: typeof plain) => report.predictions.map(({ score }) => score);
    assert.deepEqual(scores(second), scores(plain));
  });

  it("keeps no more than fits, and opens the rest again", async () => {
    const { opened, open, left } = await twice(2.5 * CLIP_MIB);
    assert.deepEqual([opened, open, left], [1, 2, 0]);
    assert.deepEqual((await twice(0)).opened, 3);
  });
});
