/** A run goes on with what it began with: changed inputs are refused, moved ones are taken where they are named. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkpointDifferences } from "../../../lib/checkpoint/identity.js";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { sha256 } from "../../../lib/core/digest.js";
import { nativeEngine } from "../../../lib/run/engine.js";
import {
  type ResumeTrainingOptions,
  resumeTraining,
  type TrainOptions,
  train,
} from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const [tiny, start] = ["tiny", "tiny-start"].map((name) => shippedCheckpoint(name) ?? "") as [string, string];
let places = 0;

/** A run of two steps, stopped after the first, with files of its own. */
async function stopped(options: TrainOptions = {}) {
  const dir = join(scratch, String(places++));
  mkdirSync(dir);
  for (let i = 0; i < 3; i++) writeFileSync(join(dir, `clip${i}-q${10 + i}.mp4`), "");
  const list = [0, 1, 2].map((i) => `{"video":"clip${i}-q${10 + i}.mp4","score":${i + 1}}\n`).join("");
  writeFileSync(join(dir, "list.jsonl"), list);
  writeFileSync(join(dir, "prompt.txt"), "How good?\n");
  cpSync(start, join(dir, "model"), { recursive: true });
  const [data, prompt, model] = ["list.jsonl", "prompt.txt", "model"].map((name) => join(dir, name));
  const stop = new AbortController();
  const onEvent = ({ type }: { readonly type: string }) => type === "step" && stop.abort();
  const sizes = { steps: 2, videosPerStep: 3, samples: 2, maxNewTokens: 64 };
  const given = options.dataset === undefined ? { data } : { videos: dir };
  const input = { out: join(dir, "run"), model, prompt, ...given, ...sizes };
  await train(input, { ...options, onEvent, signal: stop.signal }, fakeEngine(fakeState()));
  return { dir, run: input.out, list };
}

const goOn = (run: string, options: ResumeTrainingOptions = {}) =>
  resumeTraining(run, options, fakeEngine(fakeState(9)));
const configOf = (run: string) =>
  JSON.parse(readFileSync(join(run, "config.json"), "utf8")) as Record<string, unknown> & {
    inputs: { list: string; dataset: string; prompt: string };
  };

test("a list, prompt or model that is another one is refused, and nothing of the run has changed", async () => {
  const { dir, run, list } = await stopped();
  const before = readFileSync(join(run, "config.json"), "utf8");
  assert.deepEqual(
    [configOf(run).inputs.list, configOf(run).inputs.prompt],
    [sha256(list), sha256("How good?\n")],
  );
  const changed = async (name: string, change: (path: string) => void, message: RegExp) => {
    const path = join(dir, name);
    renameSync(path, `${path}.kept`);
    cpSync(`${path}.kept`, path, { recursive: true, preserveTimestamps: true });
    change(path);
    await rejects(goOn(run), run, message);
    rmSync(path, { recursive: true });
    renameSync(`${path}.kept`, path);
  };
  const turned = list.replace('"score":1', '"score":3');
  await changed(
    "list.jsonl",
    (path) => writeFileSync(path, turned),
    /^: list \S+list\.jsonl has changed: SHA-256 /,
  );
  const longer = `${list}{"video":"clip0-q10.mp4","id":"more","score":1}\n`;
  await changed("list.jsonl", (path) => writeFileSync(path, longer), /^: list \S+list\.jsonl has changed/);
  await changed(
    "prompt.txt",
    (path) => writeFileSync(path, "How bad?\n"),
    /^: prompt \S+prompt\.txt has changed/,
  );
  const trained = (path: string) => {
    rmSync(path, { recursive: true });
    cpSync(tiny, path, { recursive: true });
  };
  await changed("model", trained, /model \S+model: model\.safetensors holds other values/);
  const touched = (path: string) => utimesSync(join(path, "model.safetensors"), 1, 1);
  await changed(
    "model",
    touched,
    /^: model \S+model: model\.safetensors was written at 1970-\S+, it was of .*--model/,
  );
  assert.equal(readFileSync(join(run, "config.json"), "utf8"), before);
  assert.deepEqual((await goOn(run)).step, 2);
});

test("what has moved is taken where it is named, if it is the same, and config.json says so from then on", async () => {
  const { dir } = await stopped();
  const away = `${dir}-away`;
  renameSync(dir, away);
  const now = join(away, "run");
  await assert.rejects(goOn(now), {
    code: "E_OPTION",
    message: /^option model: .*nor at data "\S+", nor at prompt "\S+": .*\(--model, --data, --prompt\)$/,
  });
  utimesSync(join(away, "model", "model.safetensors"), 1, 1);
  const [data, prompt, model] = ["list.jsonl", "prompt.txt", "model"].map((name) => join(away, name));
  await rejects(
    goOn(now, { data, prompt, model: tiny }),
    now,
    /^: model \S+tiny: .*model\.safetensors holds other values/,
  );
  writeFileSync(join(away, "other.txt"), "Other?");
  const other = join(away, "other.txt");
  await rejects(goOn(now, { data, prompt: other, model }), now, /^: prompt \S+other\.txt has changed/);
  const { step, run: folder } = await goOn(now, { data, prompt, model });
  assert.deepEqual([step, folder], [2, now]);
  const config = configOf(now);
  assert.deepEqual([config["data"], config["prompt"], config["model"]], [data, prompt, model]);
  rmSync(join(now, "checkpoints", "step-2"), { recursive: true });
  assert.equal((await goOn(now)).step, 2);
});

test("a dataset of a program's own is known by its entries", async () => {
  const dataset = [0, 1, 2].map((i) => ({ video: `clip${i}-q${10 + i}.mp4`, score: i + 1 }));
  const { dir, run } = await stopped({ dataset });
  assert.equal(configOf(run).inputs.dataset.length, 64);
  const turned = dataset.map((entry, i) => ({ ...entry, score: 3 - i }));
  await rejects(goOn(run, { dataset: turned }), run, /^: dataset has changed: SHA-256 /);
  await assert.rejects(goOn(run), { code: "E_OPTION", message: /data/ });
  renameSync(dir, `${dir}-away`);
  const away = `${dir}-away`;
  const moved = { videos: away, model: join(away, "model"), prompt: join(away, "prompt.txt") };
  assert.equal((await goOn(join(away, "run"), { dataset, ...moved })).step, 2);
});

test("a run that says no inputs goes on, says so once, and says them from then on", async () => {
  const { run } = await stopped();
  const { inputs, ...before } = configOf(run);
  writeFileSync(join(run, "config.json"), JSON.stringify(before));
  const heard: string[] = [];
  const sinks = [
    {
      event: (event: { readonly type: string; readonly message?: string }) => heard.push(event.message ?? ""),
    },
  ];
  await goOn(run, { sinks });
  assert.deepEqual(configOf(run).inputs, inputs);
  await goOn(run, { sinks });
  assert.equal(heard.filter((line) => line.includes("what the run's inputs are known by")).length, 1);
});

test("the model and SlowFast's file of a run are known by their own bytes; no checkpoint is none", async () => {
  const { model } = await nativeEngine.identify("tiny", undefined);
  const other = await nativeEngine.identify("tiny-start", undefined);
  assert.notDeepEqual(checkpointDifferences(model, other.model, { times: false }), []);
  const none = join(scratch, "none");
  await rejects(nativeEngine.identify(none, undefined), none, /: expected a checkpoint folder/);
});

test("a reward's module that has changed is told, not refused: who mends it goes on with it", async () => {
  const dir = scratchFolder();
  const module = join(dir, "judge.mjs");
  const write = (value: number) =>
    writeFileSync(
      module,
      `export default ({ videos }) => videos.map(({ answers }) => answers.map(() => ${value}));`,
    );
  write(1);
  const rewards = { judge: { module } };
  const { run } = await stopped({ rewards });
  const of = () => (configOf(run).inputs as unknown as { rewards: { judge: string } }).rewards.judge;
  assert.equal(of(), sha256(readFileSync(module)));
  write(2);
  const heard: string[] = [];
  const onEvent = (event: { type: string; message?: string }) => {
    if (event.type === "warning") heard.push(event.message ?? "");
  };
  assert.equal((await goOn(run, { rewards, onEvent } as ResumeTrainingOptions)).step, 2);
  assert.match(heard[0] ?? "", /^the module of reward judge, .*judge\.mjs, has changed: SHA-256 /);
  assert.equal(of(), sha256(readFileSync(module)));
  rmSync(module);
  await assert.rejects(goOn(run, { rewards }), { code: "E_OPTION", message: /the module of reward judge/ });
});
