/** Training over files that are cut short or empty: they are told, and what was learned is never lost to them. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining, type TrainConfigInput, type TrainEvent, train } from "../../lib/index.js";
import { cli } from "../helpers/command.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

/** A list of real clips and as many files that are none. */
async function listOf(good: number, broken: number): Promise<{ dir: string; list: string }> {
  const { videos } = await renderedVideos(12);
  const dir = await scratch();
  const whole = await readFile(videos[0] ?? "");
  const cut = Array.from({ length: broken }, (_, i) => join(dir, `broken${i}.mp4`));
  for (const [i, file] of cut.entries()) await writeFile(file, whole.subarray(0, i === 0 ? 0 : 300));
  const rows = [...videos.slice(0, good), ...cut].map((video, i) => `${video},${1 + (i % 4)}.5`);
  const list = join(dir, "list.csv");
  await writeFile(list, ["video,score", ...rows, ""].join("\n"));
  return { dir, list };
}

const config = (list: string, out: string, more: Partial<TrainConfigInput> = {}): TrainConfigInput => ({
  ...{ model: "tiny-start", data: list, out, steps: 6, seed: 3, threads: 1, videosPerStep: 2, samples: 2 },
  ...{ maxNewTokens: 40, learningRate: 3e-4, trainable: ["projector", "language", "motionProjector"] },
  ...{ checkpointEvery: 100, ...more },
});

const events = async (run: string) =>
  (await readFile(join(run, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TrainEvent);
const weights = (run: string, step: number) =>
  readFile(join(run, "checkpoints", `step-${step}`, "model.safetensors"));

test("the command line goes on past broken files, tells each before its step and learns from the rest", async () => {
  const { dir, list } = await listOf(3, 2);
  const out = join(dir, "run");
  const args = ["--data", list, "--out", out, "--videos-per-step", "2", "--steps", "4", "--samples", "2"];
  const { code, stdout, stderr } = await cli("train", ...args, "--max-new-tokens", "24", "--threads", "1");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^skipped: .*broken\d\.mp4: /m);
  const told = await events(out);
  const placeOf = (step: number) =>
    told.findIndex((event) =>
      event.type === "emptyStep" ? event.atStep === step : event.type === "step" && event.step === step,
    );
  for (const [place, event] of told.entries())
    if (event.type === "skipped") assert.ok(place < placeOf(event.atStep));
  assert.deepEqual(await readdir(join(out, "checkpoints")), ["step-4"]);
});

test("mostly broken files: stopped and resumed is the run that never stopped, bit for bit", async () => {
  const { dir, list } = await listOf(2, 4);
  const [whole, parts] = [join(dir, "whole"), join(dir, "parts")];
  await train(config(list, whole));
  const told = await events(whole);
  assert.ok(told.some(({ type }) => type === "emptyStep"));
  assert.ok(told.some((event) => event.type === "step" && event.gradNorm > 0));
  const stop = new AbortController();
  const onEvent = (event: TrainEvent) => event.type === "emptyStep" && stop.abort();
  const first = await train(config(list, parts), { signal: stop.signal, onEvent });
  assert.ok(first.stopped && first.step > 0);
  await resumeTraining(parts);
  assert.ok((await weights(whole, 6)).equals(await weights(parts, 6)));
});

test("a reward that throws leaves the steps before it on disk, and the run goes on from them", async () => {
  const { dir, list } = await listOf(4, 0);
  const [whole, parts] = [join(dir, "whole"), join(dir, "parts")];
  const near = (failing: number) => ({
    near: ({
      step,
      videos,
    }: {
      step: number;
      videos: { target: number; answers: { score: number | null }[] }[];
    }) => {
      if (step === failing) throw new Error("the reward's own file is gone");
      return videos.map(({ target, answers }) =>
        Float64Array.from(answers, ({ score }) => -Math.abs((score ?? 0) - target)),
      );
    },
  });
  await train(config(list, whole), { rewards: near(0) });
  await assert.rejects(train(config(list, parts), { rewards: near(4) }), /the reward's own file is gone/);
  assert.deepEqual(await readdir(join(parts, "checkpoints")), ["step-3"]);
  await resumeTraining(parts, { rewards: near(0) });
  assert.ok((await weights(whole, 6)).equals(await weights(parts, 6)));
});

test("a list of broken files alone, and numbers that do not fit, end the run by that reason", async () => {
  const { dir, list } = await listOf(0, 3);
  const shown = join(dir, "shown");
  const { code, stderr } = await cli("train", "--data", list, "--out", shown, "--videos-per-step", "2");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^nothing is saved yet; go on with: npx vqathinker train --resume .*shown\nE_MEDIA: none of the 3/m,
  );
  const run = join(dir, "run");
  await assert.rejects(train(config(list, run)), {
    code: "E_MEDIA",
    message: /none of the 3 videos can be read/,
  });
  const out = join(dir, "refused");
  await assert.rejects(train(config(list, out, { imageSize: 100 })), {
    code: "E_OPTION",
    message: /imageSize/,
  });
  await assert.rejects(train(config(list, out, { model: dir })), { code: "E_FORMAT" });
  assert.equal(existsSync(out), false);
});
