/** Runs that train adapters: what a checkpoint holds, going on bit for bit, and scoring by it, by it on its base, and merged. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../lib/checkpoint/shipped.js";
import {
  type EvaluationEvent,
  journalSubject,
  loadModel,
  openJournal,
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

const LORA = { targets: ".*(language_model|projector).*", rank: 3, alpha: 12 };
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
  const lines = readFileSync(join(root, run, "events.jsonl"), "utf8")
    .trim()
    .split("\n");
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

const { manifest } = await renderedVideos(12);
const run = await bothWays("grpo", { ...GRPO, evalData: manifest, evalEvery: 3 });
/** One of the list. */
const readVideo = () => {
  const [first = ""] = readFileSync(manifest, "utf8").split("\n");
  return join(dirname(manifest), (JSON.parse(first) as { video: string }).video);
};
const lines = (name: string, file: string) => JSON.parse(readFileSync(at(name, file), "utf8"));

test("GRPO with evaluations: going on is never having stopped, and the adapters and the projector learn", async () => {
  const kl = events(run)
    .filter(({ type }) => type === "step")
    .map((event) => event["kl"] as number);
  assert.ok((kl[0] ?? 1) < 1e-6 && (kl.at(-1) ?? 0) > 1e-6, kl.join(" "));
  const evaluated = events(run).filter(({ type }) => type === "evaluation") as unknown as EvaluationEvent[];
  assert.equal(evaluated.length, 2);
  const [first, last] = [at(run, "motion_projector.safetensors", 2), at(run, "motion_projector.safetensors")];
  const base = await loadModel("tiny-start", { threads: 1 });
  await base.save(join(root, "base"));
  base.dispose();
  const begun = await readTensors(join(root, "base", "model.safetensors"));
  for (const [name, { shape, data }] of await readTensors(last)) {
    assert.deepEqual(shape, begun.get(name)?.shape);
    assert.notDeepEqual(data, begun.get(name)?.data, name);
    assert.notDeepEqual(data, (await readTensors(first)).get(name)?.data, name);
  }
  assert.equal(lines(run, "adapter_base.json").model, "tiny-start");
});

test("so with states of 8 bits, in bfloat16, with magnitudes", async () => {
  await bothWays("sft", {
    ...REPLIES,
    optimizer: { states: "8bit" },
    learningRates: { motionProjector: 1e-3 },
  });
  const more = { dtype: "bfloat16" as const, lora: { ...LORA, dora: true, rslora: true } };
  await bothWays("sft-bf16", { ...REPLIES, ...more });
});

test("so with answers of the policy that the epoch began with", async () => {
  const name = await bothWays("epoch", { ...GRPO, oldPolicy: "epoch", videosPerStep: 6 });
  const kept = readdirSync(join(root, name, "old-policy"));
  assert.ok(kept.includes("after-4"), kept.join());
  assert.ok(readdirSync(join(root, name, "old-policy", "after-4")).includes("adapter_model.safetensors"));
});

test("of a model without motion parts, or without them, the adapters alone train, and it opens as it trained", async () => {
  const plain = await loadModel("tiny-start", { motion: false, threads: 1 });
  await plain.save(join(root, "plain"));
  plain.dispose();
  for (const [name, keys] of [
    ["no-parts", { model: join(root, "plain") }],
    ["no-motion", { motion: false }],
  ] as const) {
    const { trainable: _, ...small } = await smallRun(join(root, name));
    await train({ ...small, ...REPLIES, ...keys, steps: 2, lora: LORA });
    const { trainable } = JSON.parse(readFileSync(join(root, name, "config.json"), "utf8"));
    assert.deepEqual(trainable, ["adapters"]);
    assert.ok(!readdirSync(at(name, "", 2)).includes("motion_projector.safetensors"));
    const model = await loadModel(at(name, "", 2), { threads: 1 });
    assert.equal(model.hasMotion, false);
    model.dispose();
  }
});

test("a checkpoint scores by itself, on its base by name, and merged, the same; the base does not", async () => {
  const merged = join(root, "merged");
  const made = await cli("merge", at(run), "--out", merged, "--dtype", "float32");
  assert.equal(made.code, 0, made.stderr);
  assert.deepEqual(
    readFileSync(join(merged, "vqathinker.json"), "utf8"),
    readFileSync(at(run, "vqathinker.json"), "utf8"),
  );
  // The base, asked as the run asked.
  const base = join(root, "asked");
  cpSync(tiny, base, { recursive: true });
  cpSync(at(run, "vqathinker.json"), join(base, "vqathinker.json"));
  const video = readVideo();
  const scored = async (...model: string[]) => {
    const { code, stdout, stderr } = await cli("score", video, "--json", "--threads", "1", ...model);
    assert.ok(code < 2, stderr);
    const { seconds: _, ...result } = JSON.parse(stdout) as Record<string, unknown>;
    return result;
  };
  const own = await scored("--model", at(run));
  assert.deepEqual(await scored("--model", "tiny-start", "--adapter", at(run)), own);
  assert.deepEqual(await scored("--adapter", at(run)), own);
  assert.deepEqual(await scored("--model", merged), own);
  assert.notEqual((await scored("--model", base))["answer"], own["answer"]);
  const predicted = async (...model: string[]) => {
    const file = join(root, "predictions.jsonl");
    const flags = ["--data", manifest, "--threads", "1", "--predictions", file];
    const { code, stderr } = await cli("eval", ...flags, ...model);
    assert.ok(code < 2, stderr);
    return readFileSync(file, "utf8");
  };
  const all = await predicted("--model", at(run));
  assert.equal(await predicted("--model", base, "--adapter", at(run)), all);
  assert.equal(await predicted("--model", merged), all);
});

test("results of another adapter, or of the base, are not gone on with", async () => {
  const file = join(root, "scores.journal");
  const of = (asked: { dir: string; adapter?: string }) => journalSubject(asked, {}, [readVideo()]);
  const open = async (asked: { dir: string; adapter?: string }) =>
    (await openJournal(file, await of(asked), { resume: true, onTrouble: assert.fail })).close();
  const journal = await openJournal(file, await of({ dir: at(run) }), {
    resume: false,
    onTrouble: assert.fail,
  });
  const model = await loadModel(at(run), { threads: 1 });
  const result = await model.score(readVideo());
  assert.deepEqual(await journalSubject(model, {}, [readVideo()]), await of({ dir: tiny, adapter: at(run) }));
  model.dispose();
  await journal.keep([{ place: 0, result }]);
  await journal.close();
  await open({ dir: tiny, adapter: at(run) });
  await assert.rejects(open({ dir: at(run, "", 4) }), {
    code: "E_OPTION",
    message: /of something else \(model: adapter_model\.safetensors holds other values/,
  });
  await assert.rejects(open({ dir: tiny }), { code: "E_OPTION", message: /something else \(model: / });
});

test("what does not fit is refused with what would do", async () => {
  const refused = async (args: string[], message: RegExp) => {
    const { code, stderr } = await cli(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  };
  const out = join(root, "none");
  await refused(
    ["train", "--model", at(run), "--data", manifest, "--out", out],
    /^E_OPTION: option model: .* npx vqathinker merge .*step-6 --out DIR makes one/,
  );
  await refused(
    ["train", "--resume", join(root, run), "--steps", "9"],
    /merge .*step-6 --out MERGED and npx/,
  );
  await refused(["inspect", at(run), "--card", "h200"], /^E_OPTION: option card: /);
  const told = await cli("inspect", at(run));
  assert.match(told.stdout, /LoRA, rank 3, alpha 12\n {2}layers +\d+, \d+ values\n/);
  assert.match(told.stdout, /a motion projector of its own\n {2}base +.*tiny-start\n/);
  const moved = join(root, "moved");
  cpSync(at(run), moved, { recursive: true });
  for (const [name, key] of [
    ["adapter_config.json", "base_model_name_or_path"],
    ["adapter_base.json", "model"],
  ] as const) {
    const json = JSON.parse(readFileSync(join(moved, name), "utf8"));
    writeFileSync(join(moved, name), JSON.stringify({ ...json, [key]: join(root, "gone") }));
  }
  const lost = await cli("inspect", moved);
  assert.match(lost.stderr, /gone, which is no folder here: .*for inspect BASE --adapter /);
  const beside = await cli("inspect", "tiny-start", "--adapter", moved);
  assert.equal(beside.stdout.replace(moved, at(run)), told.stdout);
  const both = await cli("inspect", at(run), "--adapter", moved);
  assert.match(both.stderr, /option adapter: expected none beside a model that is an adapter itself/);
  rmSync(join(moved, "vqathinker.json"));
  const halved = await cli("inspect", "tiny-start", "--adapter", moved);
  assert.match(halved.stderr, /E_FORMAT: .*vqathinker\.json: is missing/);
  const wrong = async (keys: object, message: RegExp) => {
    const { trainable: _, ...small } = await smallRun(out);
    const config = { ...small, ...REPLIES, ...keys };
    await assert.rejects(train(config), { code: "E_OPTION", message });
  };
  await wrong(
    { lora: { ...LORA, targets: ["qproj"] } },
    /^option lora\.targets\[0\]: .*did you mean "q_proj"/,
  );
  await wrong({ lora: { ...LORA, alpha: 1e40 } }, /^option lora\.alpha: .* finite in float32, found 1e\+40/);
  await wrong({ lora: { ...LORA, rank: 4096 } }, /^option lora\.rank: expected at most \d+, the rank of /);
  await wrong({ lora: LORA, optimizer: { masters: false }, dtype: "bfloat16" }, /optimizer\.masters: .*lora/);
});

test("going on with another adapter or optimiser than the state is of says so, and not to remove the state", async () => {
  const file = join(root, run, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  const resumed = async (keys: object, message: RegExp) => {
    writeFileSync(file, JSON.stringify({ ...config, ...keys, steps: STEPS + 1 }));
    await assert.rejects(resumeTraining(join(root, run)), (error: Error & { code?: string }) => {
      assert.equal(error.code, "E_FORMAT");
      assert.doesNotMatch(error.message, /without the folder/);
      return message.test(error.message);
    });
  };
  const back = "step-6 or the run's config\\.json was edited since it was saved: put that back as it was";
  await resumed({ lora: { ...LORA, alpha: 5 } }, new RegExp(`has alpha 12, this trainer's 5; .*${back}`));
  await resumed({ lora: { ...LORA, rank: 2 } }, new RegExp(`has rank 3, this trainer's 2; .*${back}`));
  await resumed(
    { optimizer: { ...config.optimizer, states: "bfloat16" } },
    new RegExp(`optimizer\\.states makes the difference; .*${back}`),
  );
  await resumed({ trainable: ["adapters"] }, new RegExp(`belongs to nothing .*${back}`));
  const adapter = at(run, "adapter_config.json");
  const written = readFileSync(adapter, "utf8");
  writeFileSync(adapter, JSON.stringify({ ...JSON.parse(written), lora_alpha: 7 }));
  await resumed({}, new RegExp(`has alpha 7, this trainer's 12; .*what lies in .*${back}`));
  writeFileSync(adapter, written);
  writeFileSync(file, JSON.stringify(config));
  truncateSync(at(run, "trainer.safetensors"), 5000);
  await assert.rejects(resumeTraining(join(root, run)), {
    code: "E_FORMAT",
    message: /without the folder .*step-6 the run/,
  });
});
