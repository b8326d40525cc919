/**
 * What a run takes for its videos: a list by columns and separator that the configuration names, or a dataset of a
 * program's own, held to the rules of a list before anything is loaded or made.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineError } from "../../../lib/core/errors.js";
import { readManifest } from "../../../lib/data/manifest.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { type Dataset, readMaterial } from "../../../lib/run/dataset.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
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
  assert.deepEqual((await readMaterial(config, listed)).entries, listed);
  const numbered = right.map((entry, i) => ({ ...entry, id: i })) as unknown as Dataset;
  assert.deepEqual(
    (await readMaterial(config, numbered)).entries.map(({ id }) => id),
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
