/** Adapters with the motion projector that trains beside them: the reference, what a folder holds, and halves of one. */
import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { markTrained, type TrainedSettings } from "../../lib/checkpoint/settings.js";
import {
  addAdapter,
  loadAdapter,
  loadModel,
  type Model,
  mergeAdapter,
  openTrainer,
  type StepOptions,
  saveAdapter,
  type TrainGroup,
} from "../../lib/index.js";
import { BASE_FILE, PROJECTOR_FILE, recordSettings } from "../../lib/model/adapter-folder.js";
import { goldenPath } from "../helpers/goldens.js";
import { readTensors, type Tensor, writeTensors } from "../helpers/safetensors.js";
import { openSmall, smallPrompt, textIds, weightsOf, withFolder } from "../helpers/small-model.js";

const BASE = goldenPath("internvl/motion");
const ALONE = { threads: 1, dtype: "float32" } as const;
const ADAPTER = { targets: ["q_proj", "v_proj", "down_proj", "fc1"], rank: 2 };
/** All answers have one length, so that a mean over tokens is one whatever it is a mean of. */
const GROUPS: TrainGroup[] = [0, 1].map((g) => ({
  prompt: smallPrompt(20 + g, { frames: 4, size: 224, motion: true }),
  completions: [textIds(g, 5), textIds(g + 2, 5)],
  advantages: [1, -1],
}));
const STEP: StepOptions = { groups: GROUPS, loss: "grpo", learningRate: 0.02, beta: 0.1 };
const PARTS = ["adapters", "motionProjector"] as const;

async function answers(model: Model): Promise<number[]> {
  const rows: number[] = [];
  for (const { prompt, completions } of GROUPS)
    for (const row of await model.logProbs({ prompt, completions })) rows.push(...row);
  return rows;
}

async function answersOf(dir: string, adapter?: string): Promise<number[]> {
  const model = await loadModel(dir, { ...ALONE, adapter });
  try {
    return await answers(model);
  } finally {
    model.dispose();
  }
}

/** Schulman's estimate, as the trainer means it: of the policy from the reference. */
function kl(policy: readonly number[], reference: readonly number[]): number {
  const each = policy.map(
    (own, i) => Math.exp((reference[i] as number) - own) - ((reference[i] as number) - own) - 1,
  );
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}

/** A folder with an adapter and a projector of a few steps, and what the model then answers. */
async function trainedIn(dir: string, dora = false) {
  const model = await openSmall("motion");
  await addAdapter(model, { ...ADAPTER, dora });
  const trainer = await openTrainer(model, { trainable: [...PARTS], reference: true });
  for (let i = 0; i < 4; i++) await trainer.step(STEP);
  const own = await answers(model);
  const measured = (await trainer.step({ ...STEP, learningRate: 0 })).kl ?? Number.NaN;
  await saveAdapter(model, dir);
  trainer.dispose();
  model.dispose();
  return { own, measured };
}

/** The base with another motion projector in its own file. */
async function withProjector(dir: string, projector: ReadonlyMap<string, Tensor>): Promise<void> {
  await cp(BASE, dir, { recursive: true });
  const tensors = await readTensors(join(BASE, "model.safetensors"));
  await writeTensors(join(dir, "model.safetensors"), Object.fromEntries([...tensors, ...projector]), {});
}

for (const dora of [false, true])
  test(`dora ${dora}: the reference has the adapters off and the projector as it was`, () =>
    withFolder(async (root) => {
      const adapter = join(root, "adapter");
      const { own, measured } = await trainedIn(adapter, dora);
      const expected = kl(own, await answersOf(BASE));
      // Measured: 2e-9 of it, with magnitudes 4e-8.
      assert.ok(Math.abs(measured - expected) < 1e-6 * expected, `${measured} beside ${expected}`);
      // Neither half of the mix comes near.
      const projector = await readTensors(join(adapter, PROJECTOR_FILE));
      await withProjector(join(root, "trained projector"), projector);
      const halfway = join(root, "frozen projector");
      await cp(adapter, halfway, { recursive: true });
      await rm(join(halfway, PROJECTOR_FILE));
      const record = JSON.parse(await readFile(join(halfway, BASE_FILE), "utf8"));
      await writeFile(join(halfway, BASE_FILE), JSON.stringify({ ...record, motionProjector: false }));
      for (const other of [await answersOf(join(root, "trained projector")), await answersOf(halfway)])
        assert.ok(Math.abs(kl(own, other) - expected) > 1e-2 * expected, `${kl(own, other)} ${expected}`);
    }));

test("a folder opens by itself and on a named base, bit for bit; merged it is a checkpoint of both", () =>
  withFolder(async (root) => {
    const adapter = join(root, "adapter");
    const { own } = await trainedIn(adapter);
    assert.deepEqual(await answersOf(adapter), own);
    assert.deepEqual(await answersOf(BASE, adapter), own);
    const copy = join(root, "base");
    await cp(BASE, copy, { recursive: true });
    assert.deepEqual(await answersOf(copy, adapter), own);
    const model = await loadModel(adapter, ALONE);
    assert.equal(model.adapter, adapter);
    // What is read is written, and not lost.
    await saveAdapter(model, join(root, "again"));
    assert.deepEqual(await answersOf(join(root, "again")), own);
    await mergeAdapter(model);
    await model.save(join(root, "merged"));
    model.dispose();
    const merged = await answersOf(join(root, "merged"));
    for (const [i, value] of merged.entries()) assert.ok(Math.abs(value - (own[i] as number)) < 1e-5);
    const stored = await readTensors(join(root, "merged", "model.safetensors"));
    for (const [name, { data }] of await readTensors(join(adapter, PROJECTOR_FILE)))
      assert.deepEqual(stored.get(name)?.data, data);
  }));

const rewritten = async (file: string, change: (json: Record<string, unknown>) => object) =>
  writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));

/** What is done to a folder, and the words that refuse it. */
const BROKEN: [what: string, change: (dir: string) => Promise<void>, message: RegExp][] = [
  ["no projector", (dir) => rm(join(dir, PROJECTOR_FILE)), /motion_projector\.safetensors: is missing/],
  ["a projector of nobody", (dir) => rm(join(dir, BASE_FILE)), /belongs to nothing/],
  ["no config", (dir) => rm(join(dir, "adapter_config.json")), /adapter_config\.json/],
  [
    "no settings where the record says some",
    (dir) => rm(join(dir, "vqathinker.json")),
    /vqathinker\.json: is missing: adapter_base\.json says/,
  ],
  [
    "PEFT's older form of weights",
    (dir) => rename(join(dir, "adapter_model.safetensors"), join(dir, "adapter_model.bin")),
    /adapter_model\.safetensors: is missing, found adapter_model\.bin: npx vqathinker convert .*\.bin --out .*\.safetensors makes it/,
  ],
  ["no weights", (dir) => rm(join(dir, "adapter_model.safetensors")), /adapter_model\.safetensors/],
  [
    "half a projector",
    async (dir) => {
      const tensors = Object.fromEntries(await readTensors(join(dir, PROJECTOR_FILE)));
      delete tensors["motion_mlp.3.bias"];
      await writeTensors(join(dir, PROJECTOR_FILE), tensors, {});
    },
    /motion_mlp\.3\.bias: is missing/,
  ],
  [
    "a projector of another width",
    async (dir) => {
      const tensors = Object.fromEntries(await readTensors(join(dir, PROJECTOR_FILE)));
      tensors["motion_mlp.3.bias"] = { shape: [2], data: new Float32Array(2) };
      await writeTensors(join(dir, PROJECTOR_FILE), tensors, {});
    },
    /motion_mlp\.3\.bias: expected \[\d+\] of this base model, found \[2\]/,
  ],
  [
    "a tensor of something else",
    async (dir) => {
      const tensors = Object.fromEntries(await readTensors(join(dir, PROJECTOR_FILE)));
      tensors["mlp1.0.bias"] = { shape: [2], data: new Float32Array(2) };
      await writeTensors(join(dir, PROJECTOR_FILE), tensors, {});
    },
    /mlp1\.0\.bias: not of a motion projector/,
  ],
  [
    "another record",
    (dir) => rewritten(join(dir, BASE_FILE), (json) => ({ ...json, more: 1 })),
    /adapter_base\.json: .*more/,
  ],
  [
    "a pattern of no layer",
    (dir) =>
      rewritten(join(dir, "adapter_config.json"), (json) => ({ ...json, rank_pattern: { k_proj: 2 } })),
    /rank_pattern: "k_proj": it matches no layer/,
  ],
  [
    "a pattern that comes too late",
    (dir) =>
      rewritten(join(dir, "adapter_config.json"), (json) => ({
        ...json,
        alpha_pattern: { "q_pro.": 2, q_proj: 3 },
      })),
    /alpha_pattern: "q_proj": keys before it have all layers/,
  ],
  [
    "a rank above a matrix's",
    (dir) => rewritten(join(dir, "adapter_config.json"), (json) => ({ ...json, r: 99 })),
    /rank 99: expected at most \d+, the smaller side of model\./,
  ],
];

test("halves of a folder, and what has no effect, are refused by name", () =>
  withFolder(async (root) => {
    const whole = join(root, "whole");
    await trainedIn(whole);
    // As of a run, which says how it asked once the adapter is there.
    await markTrained(whole, { frames: 4 } as TrainedSettings);
    await recordSettings(whole);
    for (const [i, [what, change, message]] of BROKEN.entries()) {
      const dir = join(root, String(i));
      await cp(whole, dir, { recursive: true });
      await change(dir);
      await assert.rejects(loadModel(BASE, { ...ALONE, adapter: dir }), { code: "E_FORMAT", message }, what);
    }
  }));

test("another base of the same shapes is refused, and one that is not there is asked for", () =>
  withFolder(async (root) => {
    const adapter = join(root, "adapter");
    await trainedIn(adapter);
    const other = join(root, "other");
    await withProjector(other, await readTensors(join(adapter, PROJECTOR_FILE)));
    const refused = {
      code: "E_FORMAT",
      message:
        /adapter_base\.json: it belongs to another base than .*other: model\.safetensors has \d+ bytes, it had \d+; it was trained on .*motion/,
    };
    await assert.rejects(loadModel(other, { ...ALONE, adapter }), refused);
    const model = await loadModel(other, ALONE);
    await assert.rejects(loadAdapter(model, adapter), refused);
    model.dispose();
    await assert.rejects(loadModel(adapter, { adapter }), { code: "E_OPTION", message: /^option adapter: / });
    const nowhere = join(root, "nowhere");
    await rewritten(join(adapter, BASE_FILE), (json) => ({ ...json, model: nowhere }));
    await rewritten(join(adapter, "adapter_config.json"), (json) => ({
      ...json,
      base_model_name_or_path: nowhere,
    }));
    await assert.rejects(loadModel(adapter, ALONE), {
      code: "E_OPTION",
      message: /^option model: .*nowhere, which is no folder here: --model BASE --adapter .*loadModel\(BASE/,
    });
    assert.equal((await answersOf(BASE, adapter)).length, 20);
    const base = await openSmall("motion");
    await assert.rejects(loadAdapter(base, adapter), {
      code: "E_OPTION",
      message: /loadModel\(base, \{ adapter/,
    });
    base.dispose();
  }));

test("a record of before it told of settings, and a model without any, ask for none", () =>
  withFolder(async (root) => {
    const dir = join(root, "adapter");
    await trainedIn(dir);
    const told = JSON.parse(await readFile(join(dir, BASE_FILE), "utf8"));
    assert.equal(told.settings, false);
    await markTrained(dir, { frames: 4 } as TrainedSettings);
    // Of another model that was here before.
    await trainedIn(dir);
    assert.ok(!(await readdir(dir)).includes("vqathinker.json"));
    assert.equal((await answersOf(dir)).length, 20);
    await rewritten(join(dir, BASE_FILE), ({ settings: _, ...json }) => json);
    assert.equal((await answersOf(dir)).length, 20);
    await recordSettings(BASE);
  }));

test("over an older adapter there is the new one whole, and nothing of the older", () =>
  withFolder(async (dir) => {
    await trainedIn(dir);
    const model = await openSmall("motion");
    await addAdapter(model, { targets: ["k_proj"], rank: 1 });
    await saveAdapter(model, dir);
    const own = await answers(model);
    model.dispose();
    assert.deepEqual(await answersOf(dir), own);
    await assert.rejects(readFile(join(dir, PROJECTOR_FILE)), { code: "ENOENT" });
  }));

test("a writing that fails on the way leaves no adapter, and no mix of two", () =>
  withFolder(async (dir) => {
    await trainedIn(dir);
    await rm(join(dir, "adapter_model.safetensors"));
    await mkdir(join(dir, "adapter_model.safetensors", "in the way"), { recursive: true });
    const model = await openSmall("motion");
    await addAdapter(model, { targets: ["k_proj"], rank: 1 });
    await assert.rejects(saveAdapter(model, dir), { code: "E_FORMAT", message: /cannot be written/ });
    model.dispose();
    assert.deepEqual(await readdir(dir), ["adapter_model.safetensors"]);
  }));

test("a base whose SlowFast is a file of its own is opened with it, from where it was", () =>
  withFolder(async (root) => {
    const [slowfast, adapter] = [join(root, "slowfast.safetensors"), join(root, "adapter")];
    const prefix = "slowfast_model.feature_extraction.";
    const stored = [...(await readTensors(join(BASE, "model.safetensors")))];
    const own = stored.filter(([name]) => name.startsWith(prefix));
    const named = own.map(([name, tensor]) => [name.replace(prefix, "blocks."), tensor]);
    await writeTensors(slowfast, Object.fromEntries(named), {});
    const model = await loadModel(goldenPath("internvl/layer-norm"), { ...ALONE, slowfast });
    await addAdapter(model, ADAPTER);
    const trainer = await openTrainer(model, { trainable: [...PARTS] });
    await trainer.step({ ...STEP, beta: 0 });
    trainer.dispose();
    await saveAdapter(model, adapter);
    const expected = await answers(model);
    model.dispose();
    assert.deepEqual(await answersOf(adapter), expected);
    await writeTensors(
      slowfast,
      Object.fromEntries(named.map(([name, tensor]) => [name, zeros(tensor as Tensor)])),
    );
    await assert.rejects(loadModel(adapter, ALONE), {
      code: "E_FORMAT",
      message: /another base .*slowfast\.safetensors has \d+ bytes/,
    });
  }));

const zeros = ({ shape, data }: Tensor): Tensor => ({ shape, data: new Float32Array(data.length) });

test("a model of which more has changed is not written as an adapter alone", () =>
  withFolder(async (dir) => {
    const model = await openSmall("motion");
    await addAdapter(model, ADAPTER);
    (await openTrainer(model, { trainable: ["adapters", "projector"] })).dispose();
    await assert.rejects(saveAdapter(model, dir), {
      code: "E_OPTION",
      message: /projector of it changed: mergeAdapter/,
    });
    await mergeAdapter(model);
    await weightsOf(model);
    model.dispose();
  }));

test("a state beside another adapter is refused, and says what would do", () =>
  withFolder(async (dir) => {
    const opened = async (options: object) => {
      const model = await openSmall("motion");
      await addAdapter(model, { ...ADAPTER, ...options });
      const trainer = await openTrainer(model, { trainable: [...PARTS] });
      return { model, trainer };
    };
    const first = await opened({});
    await saveAdapter(first.model, dir);
    await first.trainer.save(dir);
    first.trainer.dispose();
    first.model.dispose();
    for (const [options, message] of [
      [
        { alpha: 3 },
        /adapter_config\.json: the state's adapter has alpha 4, this trainer's 3; .* same parts/,
      ],
      [{ rank: 1 }, /rank 2, this trainer's 1/],
      [{ dora: true }, /dora false, this trainer's true/],
      [{ targets: ["q_proj"] }, /targets \[.*, this trainer's \[/],
    ] as const) {
      const { model, trainer } = await opened(options);
      await assert.rejects(trainer.load(dir), { code: "E_FORMAT", message });
      trainer.dispose();
      model.dispose();
    }
    await rm(join(dir, "adapter_config.json"));
    const { model, trainer } = await opened({ rank: 1 });
    await assert.rejects(trainer.load(dir), {
      code: "E_FORMAT",
      message: /should have shape .* same parts, optimizer/,
    });
    trainer.dispose();
    model.dispose();
  }));

test("a folder that is a model and an adapter is neither, until the adapter is named", () =>
  withFolder(async (dir) => {
    await cp(BASE, dir, { recursive: true });
    const model = await openSmall("motion");
    await addAdapter(model, ADAPTER);
    const adapter = join(dir, "adapter");
    await saveAdapter(model, adapter);
    model.dispose();
    for (const name of await readdir(adapter)) await cp(join(adapter, name), join(dir, name));
    await assert.rejects(loadModel(dir, ALONE), {
      code: "E_FORMAT",
      message: /is a model \(config\.json\) and an adapter .*: keep it in a folder of its own/,
    });
    const named = await loadModel(dir, { ...ALONE, adapter });
    assert.notEqual(named.adapter, null);
    named.dispose();
  }));
