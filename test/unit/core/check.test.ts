/** What is no path, or not what else a call was promised, is refused by that call, under the name of its argument. */
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import * as api from "../../../lib/index.js";
import { NativeModel } from "../../../lib/model/model.js";
import { readFolder } from "../../../lib/model/shape.js";
import * as inspect from "../../../lib/parity.js";
import { PLACES } from "../../../lib/run/places.js";
import { train } from "../../../lib/run/train.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const video = join(dir, "a-q20.mp4");
writeFileSync(video, "");
const list = join(dir, "list.csv");
writeFileSync(list, "video,score\na-q20.mp4,2\n");
const tiny = shippedCheckpoint("tiny") ?? "";
const out = join(dir, "out");
const entry = { id: "a", video, score: 2 };
const model = fakeModel(fakeState());
const handle = null as unknown as NativeModel["handle"];
const native = new NativeModel({ ...(await readFolder(tiny, {})), handle, dtype: "float32", device: "cpu" });
const measure = api.frameScorer({ scale: { min: 0, max: 1 }, score: () => assert.fail("was measured") });
const niqeModel = await api.readNiqeModel(goldenPath("niqe/model.json"));
const subject = await api.journalSubject({ dir: tiny }, {}, [video]);
const journal = { resume: false, onTrouble: () => {} };
const run = join(dir, "run");
const config = { out: run, steps: 1, videosPerStep: 1, rewards: [{ name: "format" as const }] };
const options = { dataset: [entry] };
await train({ ...config, model: "fake" }, options, fakeEngine(fakeState()));

async function all(results: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of results) assert.fail("was scored");
}

type Call = readonly [call: string, argument: string, (path: never) => Promise<unknown>];

/** By the export: all of its arguments that are paths. */
const PATHS: readonly Call[] = [
  ["readManifest", "path", (path) => api.readManifest(path)],
  ["readManifest", "videos", (videos) => api.readManifest(list, { videos })],
  ["readPrompt", "file", (file) => api.readPrompt(file)],
  ["probeVideo", "path", (path) => api.probeVideo(path)],
  ["openFrames", "path", (path) => api.openFrames(path, {})],
  ["openClip", "path", (path) => api.openClip(path, { frames: 1, size: 28 })],
  ["clip", "path", (path) => inspect.clip(path, { frames: 1, size: 28 })],
  ["frameScorer", "path", (path) => measure.open(path)],
  ["scoreMany", "paths[0]", (path) => all(api.scoreMany(measure, [path]))],
  ["evaluate", "entries[0].video", (path) => api.evaluate(measure, [{ ...entry, video: path }])],
  ["loadModel", "dir", (path) => api.loadModel(path)],
  ["loadModel", "slowfast", (slowfast) => api.loadModel(tiny, { slowfast })],
  ["loadModel", "path", (path) => native.openClip(path, { frames: 1, size: 28 })],
  ["loadModel", "dir", (path) => native.save(path)],
  ["loadAdapter", "dir", (path) => api.loadAdapter(native, path)],
  ["saveAdapter", "dir", (path) => api.saveAdapter(native, path)],
  ["inspectCheckpoint", "dir", (path) => api.inspectCheckpoint(path)],
  ["journalSubject", "model.dir", (path) => api.journalSubject({ dir: path }, {}, [video])],
  ["journalSubject", "model.slowfast", (slowfast) => api.journalSubject({ dir: tiny, slowfast }, {}, [])],
  ["journalSubject", "rows[1]", (path) => api.journalSubject({ dir: tiny }, {}, [video, [path, 3]])],
  ["openJournal", "file", (path) => api.openJournal(path, subject, journal)],
  ["readNiqeModel", "path", (path) => api.readNiqeModel(path)],
  ["writeNiqeModel", "path", (path) => api.writeNiqeModel(path, {} as never)],
  ["fitNiqe", "paths[0]", (path) => api.fitNiqe([path])],
  ["niqeScorer", "path", (path) => api.niqeScorer(niqeModel).open(path)],
  ["makeRandomCheckpoint", "dir", (path) => api.makeRandomCheckpoint(path, { like: "internvl3-1b" })],
  ["convertCheckpoint", "input", (path) => api.convertCheckpoint(path, out)],
  ["convertCheckpoint", "output", (path) => api.convertCheckpoint(list, path)],
  ["train", "out", (path) => train({ out: path, data: list })],
  ...PLACES.map((key): Call => ["train", key, (path) => train({ out, data: list, [key]: path })]),
  [
    "train",
    "rewards.0.module",
    (path) => train({ ...config, out, rewards: [{ name: "own", module: path }] }, options),
  ],
  [
    "train",
    "rewards.mine.module",
    (path) => train({ ...config, out }, { ...options, rewards: { mine: { module: path } } }),
  ],
  [
    "train",
    "dataset[0].video",
    (path) => train({ ...config, out }, { dataset: [{ ...entry, video: path }] }),
  ],
  ["ablate", "out", (path) => api.ablate({ out: path })],
  ["ablate", "model", (path) => api.ablate({ out, model: path })],
  ["resumeTraining", "run", (path) => api.resumeTraining(path)],
  // A setting that a run keeps is refused by where the run is.
  ["resumeTraining", "run", (path) => api.resumeTraining(path, { seed: 3 } as object)],
  ...PLACES.map(
    (key): Call => ["resumeTraining", key, (path) => api.resumeTraining(run, { ...options, [key]: path })],
  ),
];

/** Those that take none. A trainer's own are in test/boundary/trainer-state.test.ts. */
const PATHLESS = `
  EngineError addAdapter advantages aggregatedAdvantages bootstrap buildPrompt checkPrompt combineRewards comparisonReward configJsonSchema
  decodedPerturbation degradationReward formatReward gradients krcc lengthReward logits mae mergeAdapter meanOfMeans meanOfSums
  motionFeature niqe niqeFeatures oneWeight openTrainer parseAnswer parseConfig perturbation planFrames plcc presetDifferences
  promptDifferences randomPerturbation rankingReward regressionReward relativeReward releasedPlan resize resultCsv rmse
  scheduleOf srcc streamOf templateWording temporalReward tensorMemory thresholdReward tokenMean uniform uniformPlan weighted
`;

test("a path that is no text is refused by its name, in every call that takes one", async () => {
  const before = readdirSync(dir);
  for (const [call, argument, given] of PATHS)
    for (const wrong of [new URL("file:///a/b"), 3, ["a"], null]) {
      await assert.rejects(given(wrong as never), (error: api.EngineError) => {
        assert.equal(error.code, "E_OPTION", `${call}: ${error.stack}`);
        const begin = `option ${argument}: expected a `;
        assert.ok(error.message.startsWith(begin), `${call}: ${error.message}`);
        assert.match(error.message, /: expected a (path|text), found (URL "|3|\["a"\]|null)/);
        return true;
      });
    }
  assert.deepEqual(readdirSync(dir), before);
});

test("an empty path is refused by its name, too", async () => {
  const before = readdirSync(dir);
  for (const [call, argument, given] of PATHS)
    await assert.rejects(given("" as never), (error: api.EngineError) => {
      assert.equal(error.code, "E_OPTION", `${call}: ${error.stack}`);
      assert.ok(error.message.startsWith(`option ${argument}: expected a `), `${call}: ${error.message}`);
      return true;
    });
  assert.deepEqual(readdirSync(dir), before);
});

test("a path that is not given at all is refused where one is needed", async () => {
  const needed = PATHS.filter(([, argument]) => /^(path|dir|file|input|output|run)$/.test(argument));
  assert.equal(needed.length, 22);
  for (const [call, argument, given] of needed)
    await assert.rejects(
      given(undefined as never),
      { code: "E_OPTION", message: `option ${argument}: expected a path, found none` },
      call,
    );
});

test("a URL is told how it becomes a path", async () => {
  const url = new URL("file:///a/b") as never;
  await assert.rejects(api.inspectCheckpoint(url), /found URL "file:\/\/\/a\/b"; fileURLToPath of node:url/);
});

test("every export is one that takes paths, all of which are above, or one that takes none", () => {
  const exported = Object.entries({ ...api, ...inspect }).filter(([, one]) => typeof one === "function");
  const known = new Set([...PATHS.map(([call]) => call), ...PATHLESS.split(/\s+/)]);
  known.delete("");
  assert.deepEqual([...known].sort(), exported.map(([name]) => name).sort());
});

test("what is no journal, no row, no subject and no options is refused by its name", async () => {
  const makes = (given?: unknown) => api.makeRandomCheckpoint(out, given as never);
  const opens = (of: unknown, how?: unknown) => api.openJournal(out, of as never, how as never);
  const isOf = (of: unknown, how: unknown, rows?: unknown) =>
    api.journalSubject(of as never, how as never, rows as never);
  const keeps = { journal: "results" as never };
  const REFUSED: readonly [call: () => Promise<unknown>, message: RegExp][] = [
    [() => isOf({ dir: tiny }, {}, "abc"), /^option rows: expected a list of videos, found "abc"$/],
    [() => isOf({ dir: tiny }, {}), /^option rows: expected a list of videos, found none$/],
    [() => isOf({ dir: tiny }, {}, [video, 3]), /^option rows\[1\]: expected a path, found 3$/],
    [() => isOf({ dir: tiny }, undefined, []), /^option options: expected an object, found none$/],
    [() => isOf("tiny", {}, []), /^option model: expected an object, found "tiny"$/],
    [() => opens(undefined, journal), /^option subject: expected what journalSubject gives, found none$/],
    [
      () => opens({ ...subject, list: 3 }, journal),
      /^option subject: expected what journalSubject gives, found \{/,
    ],
    [() => opens(subject), /^option options: expected an object, found none$/],
    [() => opens(subject, { resume: true }), /^option onTrouble: expected a function, found none$/],
    [
      () => api.evaluate(model, [entry], keeps),
      /^option journal: expected a journal, found "results"; openJournal /,
    ],
    [
      () => api.evaluate(model, [entry], { onPrediction: 3 as never }),
      /^option onPrediction: .* a function, found 3$/,
    ],
    [() => all(api.scoreMany(model, [video], keeps)), /^option journal: expected a journal, found "results"/],
    [() => makes(), /^option options: expected an object, found none$/],
    [
      () => makes({ like: "internvl3-1b", onProgress: 3 }),
      /^option onProgress: expected a function, found 3$/,
    ],
    [
      () => api.loadModel(tiny, { onProgress: 3 as never }),
      /^option onProgress: expected a function, found 3$/,
    ],
  ];
  const before = readdirSync(dir);
  for (const [call, message] of REFUSED) await assert.rejects(call(), { code: "E_OPTION", message });
  assert.deepEqual(readdirSync(dir), before);
});
