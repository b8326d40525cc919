/** A run folder of before the loop and the folder knew no method: it opens and goes on bit for bit. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const recorded = goldenPath("run-folder");
const dir = scratchFolder();
const dataset = Array.from({ length: 6 }, (_, i) => ({
  video: `clip${i}-q${10 + 4 * i}.mp4`,
  score: 1 + 0.4 * i,
}));
const text = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const steps = (folder: string) =>
  text(folder, "events.jsonl")
    .split("\n")
    .filter((line) => line.includes('"type":"step"'))
    .map((line) => line.replace(/"(\w*[sS]econds)":[^,}]+/g, '"$1":0'));

test("steps after the last checkpoint are made again as they were, to the last digit and key", async () => {
  const run = join(dir, "run");
  cpSync(recorded, run, { recursive: true });
  rmSync(join(run, "checkpoints", "step-5"), { recursive: true });
  for (const name of ["config.json", "events.jsonl", "completions.jsonl"])
    writeFileSync(join(run, name), text(recorded, name).replaceAll("{dir}", dir));
  for (const { video } of dataset) writeFileSync(join(dir, video), "");
  const config = text(run, "config.json");

  const summary = await resumeTraining(run, { dataset }, fakeEngine(fakeState(99)));

  assert.deepEqual([summary.step, summary.steps, summary.stopped], [5, 5, false]);
  assert.equal(text(run, "config.json"), config);
  assert.deepEqual(steps(run), steps(recorded));
  assert.equal(steps(run).length, 5);
  assert.equal(text(run, "completions.jsonl").replaceAll(dir, "{dir}"), text(recorded, "completions.jsonl"));
  const trainer = join("checkpoints", "step-5", "trainer.json");
  assert.equal(text(run, trainer), text(recorded, trainer));
});
