/**
 * What a run takes for its videos: a list by columns and separator that the configuration names, or a dataset of a
 * program's own, held to the rules of a list before anything is loaded or made, and gone on with from anywhere.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { EngineError } from "../../../lib/core/errors.js";
import { readManifest } from "../../../lib/data/manifest.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { type Dataset, readMaterial } from "../../../lib/run/dataset.js";
import { type ResumeTrainingOptions, resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const clip = (i: number) => {
  writeFileSync(join(dir, `${i}-q20.mp4`), "");
  return { video: join(dir, `${i}-q20.mp4`), score: 2 };
};
const right = [clip(0), clip(1), clip(2)];
const [first = clip(0)] = right;

async function refused(dataset: unknown, message: RegExp): Promise<void> {
  const out = join(dir, "run");
  const engine = fakeEngine(fakeState());
  engine.openModel = () => assert.fail("the model was opened");
  const begun = train({ out, steps: 1, videosPerStep: 2 }, { dataset: dataset as Dataset }, engine);
  await assert.rejects(begun, { code: "E_OPTION", message });
  assert.equal(existsSync(out), false);
}

test("every entry by its place: a path, a finite number, texts, known keys, an id of its own", async () => {
  const wrong = (entry: object, message: RegExp) => refused([...right, { ...clip(3), ...entry }], message);
  await wrong({ score: "3" }, /^option dataset\[3\]\.score: expected a number, found "3"$/);
  await wrong({ score: Number.NaN }, /dataset\[3\]\.score: expected a number, found NaN$/);
  await wrong(
    { score: Number.POSITIVE_INFINITY },
    /dataset\[3\]\.score: expected a finite number, found Infinity$/,
  );
  await wrong({ score: 3n }, /dataset\[3\]\.score: expected a number, found 3n$/);
  await wrong({ score: null }, /dataset\[3\]\.score: expected a number, found null$/);
  await wrong({ score: undefined, mos: 2 }, /dataset\[3\]\.score: expected a number, found none; .* mos\b/);
  await wrong({ mos: 2 }, /option dataset\[3\]\.mos: no such key; .*fields/);
  await wrong({ scael: { min: 0, max: 1 } }, /option dataset\[3\]\.scael: no such key; did you mean scale\?/);
  await wrong(
    { video: new URL("file:///a/b.mp4") },
    /dataset\[3\]\.video: expected a text, found URL ".*b\.mp4"/,
  );
  await wrong({ video: ["a.mp4"] }, /dataset\[3\]\.video: expected a text, found \["a\.mp4"\]/);
  await wrong({ video: "" }, /dataset\[3\]\.video: expected a text of at least 1 character, found ""/);
  await wrong({ video: "a\0" }, /dataset\[3\]\.video: expected a path without a zero byte/);
  await wrong({ id: {} }, /dataset\[3\]\.id: expected a text or a number, found \{\}/);
  await wrong({ question: 1 }, /dataset\[3\]\.question: expected a text, found 1/);
  await wrong({ scale: { min: 5, max: 1 } }, /dataset\[3\]\.scale: expected min below max/);
  await wrong({ scale: "1..5" }, /dataset\[3\]\.scale: expected an object/);
  await wrong(
    { fields: { more: [] } },
    /dataset\[3\]\.fields\.more: expected a text or a number, found \[\]/,
  );
  await wrong({ id: first.video }, /dataset\[3\]\.id: expected an id of its own .*; dataset\[0\] has it too/);
  await refused(
    [
      { ...first, id: 7 },
      { ...clip(1), id: "7" },
    ],
    /dataset\[1\]\.id: expected an id of its own/,
  );
});

test("what is no list of entries", async () => {
  await refused("list.jsonl", /^option dataset: expected a list of entries, found "list\.jsonl"; .*data\b/);
  await refused(null, /^option dataset: expected a list of entries, found null/);
  await refused([], /^option dataset: expected at least one entry, found \[\]/);
  await refused([first, "a.mp4"], /^option dataset\[1\]: expected an object, found "a\.mp4"/);
  await refused([first, undefined], /^option dataset\[1\]: expected an object, found none/);
  // A hole of a sparse list, too.
  await refused(
    Object.assign(new Array(2), { 1: first }),
    /^option dataset\[0\]: expected an object, found none/,
  );
});

test("entries as a list gives them pass, whatever their fields; a number is an id as in a list", async () => {
  const list = join(dir, "list.jsonl");
  const lines = right.map((entry, i) => ({ ...entry, id: i, scale: "0..5", more: "x", second: 4 }));
  writeFileSync(list, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const listed = await readManifest(list);
  const config = parseConfig({ out: join(dir, "run") });
  assert.deepEqual((await readMaterial(config, { dataset: listed }, { labels: "scores" })).entries, listed);
  const numbered = right.map((entry, i) => ({ ...entry, id: i })) as unknown as Dataset;
  assert.deepEqual(
    (await readMaterial(config, { dataset: numbered }, { labels: "scores" })).entries.map(({ id }) => id),
    ["0", "1", "2"],
  );
});

test("a run's place that is no text", async () => {
  const run = new URL("file:///runs/one") as unknown as string;
  await assert.rejects(resumeTraining(run, { dataset: right }, fakeEngine(fakeState())), {
    code: "E_OPTION",
    message: /option run: expected a path, found URL "file:\/\/\/runs\/one"; .*fileURLToPath/,
  });
});

for (const name of ["a.mp4", "b.mp4"]) writeFileSync(join(dir, name), "");
const config = (out: string, more: Partial<TrainConfigInput>): TrainConfigInput => ({
  out: join(dir, out),
  model: "fake",
  steps: 1,
  videosPerStep: 2,
  maxNewTokens: 64,
  ...more,
});

test("columns and separator of the configuration, kept for going on", async () => {
  const data = join(dir, "labels.csv");
  writeFileSync(data, "File_name;MOS;score\na.mp4;3,5;9\nb.mp4;2,25;9\n");
  const columns = "video=File_name,score=MOS";
  await assert.rejects(train(config("no", { data }), {}, fakeEngine(fakeState())), {
    code: "E_FORMAT",
    message: /labels\.csv:1: .*--delimiter ";", and for the columns --columns video=File_name,score=…/,
  });
  const engine = fakeEngine(fakeState());
  const { run } = await train(config("run", { data, columns, delimiter: ";" }), {}, engine);
  const file = join(run, "config.json");
  const stored = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  assert.deepEqual([stored["columns"], stored["delimiter"]], [columns, ";"]);
  writeFileSync(file, JSON.stringify({ ...stored, steps: 2 }));
  await resumeTraining(run, {}, engine);
  const targets = readFileSync(join(run, "completions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { target: number }).target);
  assert.deepEqual(targets.sort(), [2.25, 2.25, 3.5, 3.5]);
  await assert.rejects(
    train(config("bad", { data, columns: "video=1,score=MOS" }), {}, engine),
    ({ code, message }: EngineError) => code === "E_OPTION" && /option columns/.test(message),
  );
});

test("an evaluation's predictions are no dataset and no list of entries", async () => {
  const entries = ["a.mp4", "b.mp4"].map((id, i) => ({ id, video: join(dir, id), score: i + 1 }));
  const { predictions } = await evaluate(fakeModel(fakeState()), entries);
  const dataset = predictions.map((prediction) => ({ ...prediction, id: prediction.video, score: 1 }));
  await assert.rejects(train(config("own", {}), { dataset }, fakeEngine(fakeState())), {
    code: "E_OPTION",
    message: /option dataset\[0\]: expected a video with its label as score, found "a prediction"/,
  });
  await assert.rejects(evaluate(fakeModel(fakeState()), dataset), {
    code: "E_OPTION",
    message: /option entries\[0\]: expected a video with its label/,
  });
});

test("a list beside a dataset is refused: one of them would be left out", async () => {
  const data = join(dir, "no-such-list.csv");
  for (const [key, value] of Object.entries({ data, columns: "video=a", delimiter: ";" }))
    await assert.rejects(
      train(config("both", { [key]: value }), { dataset: right }, fakeEngine(fakeState())),
      {
        code: "E_OPTION",
        message: new RegExp(`^option ${key}: expected none beside a dataset, found ".*"; `),
      },
    );
  assert.equal(existsSync(join(dir, "both")), false);
  // One that was begun with both has trained on its dataset, and goes on with it.
  const engine = fakeEngine(fakeState());
  const { run } = await train(config("begun", {}), { dataset: right }, engine);
  const file = join(run, "config.json");
  const stored = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...stored, steps: 2, data }));
  assert.equal((await resumeTraining(run, { dataset: right }, engine)).step, 2);
});

const before = process.cwd();
after(() => process.chdir(before));

const relative = [0, 1, 2].map((i) => ({ video: `clips/clip${i}-q${10 + i}.mp4`, score: i + 1 }));
const within = (folder: string): Dataset =>
  relative.map(({ video, score }) => ({ video: join(folder, video), score }));

/** A folder with the clips. */
function place(name: string): string {
  const folder = join(dir, name);
  mkdirSync(join(folder, "clips"), { recursive: true });
  for (const { video } of relative) writeFileSync(join(folder, video), "");
  return folder;
}

const relativeInput = (out: string) => ({
  ...{ out, model: "tiny-start", steps: 2, videosPerStep: 3, samples: 2, maxNewTokens: 64 },
  rewards: [{ name: "regression" as const }],
});

/** Begins in `dir` and stops after the first step. */
async function stopped(dir: string, dataset: Dataset): Promise<string> {
  process.chdir(dir);
  const stop = new AbortController();
  const onEvent = ({ type }: TrainEvent) => type === "step" && stop.abort();
  const out = join(dir, "run");
  await train(relativeInput(out), { dataset, onEvent, signal: stop.signal }, fakeEngine(fakeState()));
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
  const home = place("first");
  const run = await stopped(home, relative);
  assert.equal(videosOf(run), home);
  // The same names lie here, too.
  process.chdir(place("second"));
  assert.deepEqual(await goOn(run, { dataset: relative }), { step: 2, opened: files(home) });
});

test("relative videos that have moved are found in the folder that is named", async () => {
  const home = place("third");
  const run = await stopped(home, relative);
  process.chdir(dir);
  const away = join(dir, "away");
  renameSync(join(home, "clips"), join(home, "gone"));
  await assert.rejects(goOn(run, { dataset: relative }), { code: "E_MEDIA", message: /3 of 3 videos/ });
  place("away");
  assert.deepEqual(await goOn(run, { dataset: relative, videos: "away" }), { step: 2, opened: files(away) });
  assert.equal(videosOf(run), away);
});

test("a run that was begun before its folder was kept looks where it is gone on with, and keeps that", async () => {
  const home = place("fourth");
  const run = await stopped(home, relative);
  const file = join(run, "config.json");
  const { videos: _kept, ...earlier } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(earlier));
  process.chdir(dir);
  await assert.rejects(goOn(run, { dataset: relative }), { code: "E_MEDIA" });
  process.chdir(home);
  assert.deepEqual(await goOn(run, { dataset: relative }), { step: 2, opened: files(home) });
  assert.equal(videosOf(run), home);
});

test("absolute videos need no folder", async () => {
  const home = place("fifth");
  const run = await stopped(home, within(home));
  assert.equal(videosOf(run), undefined);
  process.chdir(dir);
  assert.deepEqual(await goOn(run, { dataset: within(home) }), { step: 2, opened: files(home) });
});

test("another dataset is refused with options that help, and without flags", async () => {
  const home = place("sixth");
  const run = await stopped(home, relative);
  await rejects(
    goOn(run, { dataset: within(home) }),
    run,
    /^: dataset has changed: .*; a run goes on with what it began with: .*as it was written.*option videos/,
  );
  await rejects(goOn(run, { dataset: within(home) }), run, /^[^-]*(?:-[^-]+)*$/);
  await assert.rejects(goOn(run, {}), {
    code: "E_OPTION",
    message: /^option dataset: expected the one that the run began with, found none; .*resumeTraining/,
  });
});
