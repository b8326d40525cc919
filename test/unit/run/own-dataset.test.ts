/** A dataset of a program's own goes on from another working directory, and what is refused of it says what helps. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import type { Dataset } from "../../../lib/run/dataset.js";
import { type ResumeTrainingOptions, resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const before = process.cwd();
after(() => process.chdir(before));

const relative = [0, 1, 2].map((i) => ({ video: `clips/clip${i}-q${10 + i}.mp4`, score: i + 1 }));
const within = (folder: string): Dataset =>
  relative.map(({ video, score }) => ({ video: join(folder, video), score }));

/** A folder with the clips. */
function place(name: string): string {
  const dir = join(scratch, name);
  mkdirSync(join(dir, "clips"), { recursive: true });
  for (const { video } of relative) writeFileSync(join(dir, video), "");
  return dir;
}

const input = (out: string) => ({
  ...{ out, model: "tiny-start", steps: 2, videosPerStep: 3, samples: 2, maxNewTokens: 64 },
  rewards: [{ name: "regression" as const }],
});

/** Begins in `dir` and stops after the first step. */
async function stopped(dir: string, dataset: Dataset): Promise<string> {
  process.chdir(dir);
  const stop = new AbortController();
  const onEvent = ({ type }: TrainEvent) => type === "step" && stop.abort();
  const out = join(dir, "run");
  await train(input(out), { dataset, onEvent, signal: stop.signal }, fakeEngine(fakeState()));
  return out;
}

async function goOn(run: string, options: ResumeTrainingOptions) {
  const { step } = await resumeTraining(run, options, fakeEngine(fakeState(9)));
  const lines = readFileSync(join(run, "completions.jsonl"), "utf8").trim().split("\n").slice(-3);
  return { step, opened: lines.map((line) => (JSON.parse(line) as { video: string }).video).toSorted() };
}

const videosOf = (run: string) =>
  (JSON.parse(readFileSync(join(run, "config.json"), "utf8")) as { videos?: string }).videos;
const files = (dir: string) => relative.map(({ video }) => join(dir, video));

test("relative videos are those that the run began with, wherever it goes on", async () => {
  const dir = place("first");
  const run = await stopped(dir, relative);
  assert.equal(videosOf(run), dir);
  // The same names lie here, too.
  process.chdir(place("second"));
  assert.deepEqual(await goOn(run, { dataset: relative }), { step: 2, opened: files(dir) });
});

test("relative videos that have moved are found in the folder that is named", async () => {
  const dir = place("third");
  const run = await stopped(dir, relative);
  process.chdir(scratch);
  const away = join(scratch, "away");
  renameSync(join(dir, "clips"), join(dir, "gone"));
  await assert.rejects(goOn(run, { dataset: relative }), { code: "E_MEDIA", message: /3 of 3 videos/ });
  place("away");
  assert.deepEqual(await goOn(run, { dataset: relative, videos: "away" }), { step: 2, opened: files(away) });
  assert.equal(videosOf(run), away);
});

test("a run that was begun before its folder was kept looks where it is gone on with, and keeps that", async () => {
  const dir = place("fourth");
  const run = await stopped(dir, relative);
  const file = join(run, "config.json");
  const { videos: _kept, ...earlier } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(earlier));
  process.chdir(scratch);
  await assert.rejects(goOn(run, { dataset: relative }), { code: "E_MEDIA" });
  process.chdir(dir);
  assert.deepEqual(await goOn(run, { dataset: relative }), { step: 2, opened: files(dir) });
  assert.equal(videosOf(run), dir);
});

test("absolute videos need no folder", async () => {
  const dir = place("fifth");
  const run = await stopped(dir, within(dir));
  assert.equal(videosOf(run), undefined);
  process.chdir(scratch);
  assert.deepEqual(await goOn(run, { dataset: within(dir) }), { step: 2, opened: files(dir) });
});

test("another dataset is refused with options that help, and without flags", async () => {
  const dir = place("sixth");
  const run = await stopped(dir, relative);
  await rejects(
    goOn(run, { dataset: within(dir) }),
    run,
    /^: dataset has changed: .*; a run goes on with what it began with: .*as it was written.*option videos/,
  );
  await rejects(goOn(run, { dataset: within(dir) }), run, /^[^-]*(?:-[^-]+)*$/);
  await assert.rejects(goOn(run, {}), {
    code: "E_OPTION",
    message: /^option dataset: expected the one that the run began with, found none; .*resumeTraining/,
  });
});
