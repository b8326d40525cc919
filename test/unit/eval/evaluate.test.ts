/** Evaluation of a list on a model without tensors: counts, absent videos, the result CSV. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { table } from "../../../lib/cli/eval.js";
import { readManifest } from "../../../lib/data/manifest.js";
import { evaluate, type Prediction, report } from "../../../lib/eval/evaluate.js";
import { resultCsv } from "../../../lib/eval/result-csv.js";
import type { Model } from "../../../lib/model/types.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
for (const name of ["a-q10.mp4", "b-q20.mp4", "broken.mp4", "c-q30.mp4"]) writeFileSync(join(dir, name), "");
mkdirSync(join(dir, "broken folder"));

const entry = (name: string, score: number) => ({ id: name, video: join(dir, name), name, score });
const videos = [entry("a-q10.mp4", 2), entry("b-q20.mp4", 1), entry("broken.mp4", 5), entry("c-q30.mp4", 3)];

test("counts what was listed, decoded and parsed, and correlates the last", async () => {
  const result = await evaluate(fakeModel(fakeState()), videos);
  assert.deepEqual([result.listed, result.decoded, result.parsed, result.absent], [4, 3, 3, []]);
  assert.ok(Math.abs((result.srcc ?? 0) - 0.5) < 1e-12);
  assert.ok(Math.abs((result.rmse ?? 0) - Math.sqrt(2 / 3)) < 1e-12);
  assert.deepEqual(result.predictions[2]?.status, "failed");
  assert.equal(report([]).srcc, null);
  assert.deepEqual(result.warnings, []);
});

test("labels off the scorer's scale are told, by the figures that they spoil", async () => {
  const off = [...videos.slice(0, 3), { ...entry("c-q30.mp4", 64), id: undefined as unknown as string }];
  const { warnings } = await evaluate(fakeModel(fakeState()), off);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings.join(),
    /^1 of 4 labels are not on the model's scale, 1 to 5: they go from 1 to 64; RMSE/,
  );
});

test("what is not defined is null in a report and in words in the table, never 0", () => {
  const of = (...scores: number[]) =>
    report(scores.map((score, i) => ({ video: `${i}`, target: i, score, status: "ok" })));
  for (const scores of [[0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [3.3]]) {
    const { srcc, plcc, krcc, rmse } = of(...scores);
    assert.deepEqual([srcc, plcc, krcc], [null, null, null]);
    assert.ok(Number.isFinite(rmse));
    for (const name of ["SRCC", "PLCC", "KRCC"])
      assert.match(table(of(...scores)), new RegExp(`^${name}  undefined$`, "m"));
  }
});

test("absent videos are told first, never opened, and stand in their place of the list", async () => {
  const state = fakeState();
  const told: [string | undefined, string, number][] = [];
  const listed = [
    entry("no-q40.mp4", 4),
    ...videos,
    entry("a-q10.mp4/inside.mp4", 2),
    entry("broken folder", 1),
  ];
  const result = await evaluate(fakeModel(state), listed, {
    batchSize: 2,
    onPrediction: ({ name, status }, done) => told.push([name, status, done]),
  });
  assert.deepEqual([result.listed, result.decoded, result.parsed], [7, 3, 3]);
  assert.deepEqual(result.absent, ["no-q40.mp4", "a-q10.mp4/inside.mp4"]);
  assert.deepEqual(told, [
    ["no-q40.mp4", "absent", 1],
    ["a-q10.mp4/inside.mp4", "absent", 2],
    ["a-q10.mp4", "ok", 3],
    ["b-q20.mp4", "ok", 4],
    ["broken.mp4", "failed", 5],
    ["c-q30.mp4", "ok", 6],
    ["broken folder", "failed", 7],
  ]);
  assert.deepEqual(
    result.predictions.map(({ name, status, score, target }) => [name, status, score, target]),
    [
      ["no-q40.mp4", "absent", null, 4],
      ["a-q10.mp4", "ok", 1, 2],
      ["b-q20.mp4", "ok", 2, 1],
      ["broken.mp4", "failed", null, 5],
      ["c-q30.mp4", "ok", 3, 3],
      ["a-q10.mp4/inside.mp4", "absent", null, 2],
      ["broken folder", "failed", null, 1],
    ],
  );
  assert.deepEqual(state.opened, ["a-q10.mp4", "b-q20.mp4", "broken.mp4", "c-q30.mp4", "broken folder"]);
  assert.ok(Math.abs((result.srcc ?? 0) - 0.5) < 1e-12);
  const nothing = await evaluate(fakeModel(fakeState()), [entry("no.mp4", 1)]);
  assert.deepEqual([nothing.listed, nothing.decoded, nothing.srcc], [1, 0, null]);
});

test("the result CSV is a list again: the same videos and labels, whatever stands in a name", async () => {
  const names = [
    "plain.mp4",
    "a, b.mp4",
    'say "hi".mp4',
    " lead.mp4",
    "two\nlines.mp4",
    "視頻 é.mp4",
    "back\\slash.mp4",
  ];
  const predictions: Prediction[] = names.map((name, i) => ({
    video: join(dir, name),
    target: i / 3,
    score: i % 2 === 0 ? 1 + i / 7 : null,
    status: i % 2 === 0 ? "ok" : i % 3 === 0 ? "absent" : "unparsed",
  }));
  const file = join(dir, "result.csv");
  writeFileSync(file, resultCsv(predictions));
  const entries = await readManifest(file);
  assert.deepEqual(
    entries.map(({ video, score }) => [video, score]),
    predictions.map(({ video, target }) => [video, target]),
  );
});

test("the result CSV has the label as the list writes it, and no score where there is none", () => {
  const line = { video: "/v/a.mp4", target: 3.5, targetText: "3.50", score: 2.75, status: "ok" } as const;
  assert.equal(
    resultCsv([
      line,
      { ...line, video: "/v/b.mp4", score: null, status: "unparsed" },
      { video: "/v/c.mp4", target: 70, score: 4, status: "ok" },
    ]),
    "filename,pred_score,gt_score\n/v/a.mp4,2.75,3.50\n/v/b.mp4,,3.50\n/v/c.mp4,4,70\n",
  );
  assert.equal(resultCsv([]), "filename,pred_score,gt_score\n");
});

test("entries are held to a list's rules before anything is opened", async () => {
  const refused = async (entries: unknown, message: RegExp) => {
    const state = fakeState();
    await assert.rejects(evaluate(fakeModel(state), entries as typeof videos), { code: "E_OPTION", message });
    assert.deepEqual([state.opened, state.generateCalls], [[], 0]);
  };
  const wrong = (last: unknown, message: RegExp) => refused([...videos, last], message);
  const one = entry("a-q10.mp4", 2);
  await wrong({ ...one, id: "x", score: "3" }, /^option entries\[4\]\.score: expected a number, found "3"$/);
  await wrong({ ...one, id: "x", score: Number.NaN }, /entries\[4\]\.score: expected a number, found NaN$/);
  await wrong({ video: "x", mos: 2 }, /entries\[4\]\.score: expected a number, found none; .* mos$/);
  await wrong({ ...one, mos: 2 }, /^option entries\[4\]\.mos: no such key; /);
  await wrong(one, /^option entries\[4\]\.id: expected an id of its own .*; entries\[0\] has it too$/);
  await wrong(undefined, /^option entries\[4\]: expected an object, found none$/);
  await refused("list.csv", /^option entries: expected a list of entries, found "list\.csv"; readManifest/);
  await refused(undefined, /^option entries: expected a list of entries, found none/);
  await refused([], /^option entries: expected at least one entry/);
});

test("answers without a score count as what was said, are counted, and keep no score of their own", async () => {
  const model = () => {
    const state = fakeState();
    const { write } = state;
    state.write = (score) => (score < 1.5 ? "no idea" : write(score));
    return fakeModel(state);
  };
  const plain = await evaluate(model(), videos);
  assert.deepEqual([plain.parsed, plain.substituted, plain.mae], [2, 0, 0.5]);
  const result = await evaluate(model(), [...videos, entry("absent.mp4", 4)], { unparsedAs: 3 });
  assert.deepEqual([result.listed, result.decoded, result.parsed, result.substituted], [5, 3, 2, 1]);
  // 3 against 2, 2 against 1, 3 against 3; what is broken or absent stays out.
  assert.ok(Math.abs((result.mae ?? 0) - 2 / 3) < 1e-12);
  const { score, status, countedAs } = result.predictions[0] as Prediction;
  assert.deepEqual([score, status, countedAs], [null, "unparsed", 3]);
  assert.ok(result.predictions.slice(1).every((prediction) => prediction.countedAs === undefined));
  assert.match(table(result, 3), /^n +5 listed, 3 decoded, 2 parsed, 1 unparsed counted as 3, 1 absent$/m);
  assert.match(resultCsv(result.predictions), /a-q10\.mp4,,2$/m);
  for (const unparsedAs of [Number.NaN, Number.POSITIVE_INFINITY, "3" as unknown as number])
    await assert.rejects(evaluate(model(), videos, { unparsedAs }), {
      code: "E_OPTION",
      message: /unparsedAs/,
    });
});

test("figures of the expected score stand beside those of the score, where they are asked for", async () => {
  const state = fakeState();
  state.write = (score) => (score > 2.5 ? "no idea" : "<answer>2.0</answer>");
  // Both answers are 2.0; what the model gives to the candidates below tells the videos apart.
  const model: Model = {
    ...fakeModel(state),
    logProbs: async ({ prompt, completions }) => {
      const { quality } = prompt.clip as unknown as { quality: number };
      const low = Math.log(quality / 10);
      return completions.map((_, i) => Float32Array.of(i === 0 ? low : i === 10 ? -0.5 : -Infinity));
    },
  };
  const listed = [entry("no.mp4", 4), ...videos];
  const plain = await evaluate(model, listed);
  assert.deepEqual([plain.srcc, plain.krcc], [null, null]);
  assert.ok(!("expected" in plain) && plain.predictions.every((one) => !("expected" in one)));
  assert.doesNotMatch(table(plain) + resultCsv(plain.predictions), /expected/);
  const result = await evaluate(model, listed, { expected: true });
  const { expected, predictions, ...figures } = result;
  const { predictions: _each, ...before } = plain;
  assert.deepEqual(figures, before);
  const value = (low: number) => (low * 1 + Math.exp(-0.5) * 2) / (low + Math.exp(-0.5));
  const found = predictions.map((one) => one.expected);
  const near = (i: number, to: number) => assert.ok(Math.abs((found[i] ?? Number.NaN) - to) < 1e-6);
  near(1, value(0.1));
  near(2, value(0.2));
  assert.deepEqual([found[0], found[3], found[4]], [null, null, null]);
  assert.deepEqual([expected?.srcc, expected?.krcc, expected?.read], [1, 1, 2]);
  assert.match(table(result), /^SRCC {2}undefined {2}expected 1\.0000$/m);
  assert.match(table(result), /^MAE {2}0\.5000 {5}expected 0\.\d{4}$/m);
  assert.match(table(result), /, 2 parsed, 2 with an expected score, 1 absent$/m);
  const lines = resultCsv(predictions).split("\n");
  assert.equal(lines[0], "filename,pred_score,gt_score,pred_expected");
  assert.match(lines[1] ?? "", /no\.mp4,,4,$/);
  assert.match(lines[2] ?? "", /a-q10\.mp4,2,2,1\.8\d+$/);
  const file = join(dir, "expected.csv");
  writeFileSync(file, resultCsv(predictions));
  assert.deepEqual(
    (await readManifest(file)).map(({ score }) => score),
    listed.map(({ score }) => score),
  );
  const counted = await evaluate(model, listed, { expected: true, unparsedAs: 3 });
  assert.deepEqual([counted.expected?.read, counted.substituted], [2, 1]);
  assert.notEqual(counted.expected?.mae, expected?.mae);
});
