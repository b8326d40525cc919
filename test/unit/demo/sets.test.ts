/** Held-out videos are decoded once, scored by any model, and given back whatever happens. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { evaluateSets } from "../../../lib/demo/evaluate.js";
import { HELD_OUT_NAMES, type HeldOutName, openSets } from "../../../lib/demo/sets.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const going = new AbortController().signal;
const ignore = () => {};

/** A manifest per set: four videos whose fake quality falls as the score rises in the second set only. */
function manifests(folder: string, last = "q40.mp4"): Record<HeldOutName, string> {
  mkdirSync(join(dir, folder));
  const scores: Record<HeldOutName, number[]> = {
    inDomain: [1, 2, 3, 4],
    unseenContent: [4, 3, 2, 1],
    unseenDistortion: [2, 2, 2, 2],
  };
  const files = HELD_OUT_NAMES.map((name) => {
    const file = join(dir, folder, `${name}.jsonl`);
    const videos = ["q10.mp4", "q20.mp4", "q30.mp4", last].map((video) => `${name}-${video}`);
    writeFileSync(
      file,
      videos.map((video, i) => `${JSON.stringify({ video, score: scores[name][i] })}\n`).join(""),
    );
    return [name, file];
  });
  return Object.fromEntries(files) as Record<HeldOutName, string>;
}

test("each video is opened once, and two models are measured on the same clips", async () => {
  const state = fakeState();
  const model = fakeModel(state);
  const opened = await openSets(model, manifests("twice"), going, ignore);
  const progress: string[] = [];
  const before = await evaluateSets(model, opened, going, (done, count) => progress.push(`${done}/${count}`));
  state.bias = 0.5;
  const after = await evaluateSets(model, opened, going, ignore);
  assert.equal(new Set(state.opened).size, 12);
  assert.equal(state.opened.length, 12);
  assert.deepEqual(progress, ["4/12", "8/12", "12/12"]);
  const near = (value: number | null, expected: number) =>
    assert.ok(Math.abs((value ?? 9) - expected) < 1e-9, `${value} for ${expected}`);
  near(before.inDomain.numbers.srcc, 1);
  near(before.inDomain.numbers.mae, 0);
  near(after.inDomain.numbers.mae, 0.5);
  near(after.unseenContent.numbers.srcc, -1);
  assert.equal(after.unseenDistortion.numbers.srcc, null);
  assert.equal(after.inDomain.numbers.n, 4);
  for (const { clips } of opened) for (const clip of clips) clip.dispose();
  assert.equal(state.openClips, 0);
});

test("a video that cannot be read fails the demonstration and leaves no clip open", async () => {
  const state = fakeState();
  await assert.rejects(openSets(fakeModel(state), manifests("broken", "broken.mp4"), going, ignore), {
    code: "E_MEDIA",
  });
  assert.equal(state.openClips, 0);
});
