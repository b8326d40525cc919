/** Adapters on a model: begun without effect, trained, gone on from; what a folder may say, and what is refused by name. */
import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  type AdapterOptions,
  addAdapter,
  type EngineError,
  loadAdapter,
  loadModel,
  mergeAdapter,
  openTrainer,
  saveAdapter,
} from "../../lib/index.js";
import { goldenPath } from "../helpers/goldens.js";
import { readTensors, type Tensor, writeTensors } from "../helpers/safetensors.js";
import { openSmall, type SmallModel, weightsOf, withFolder } from "../helpers/small-model.js";
import { GROUPS, STEP } from "../helpers/training.js";

const [CONFIG, WEIGHTS] = ["adapter_config.json", "adapter_model.safetensors"];
const ADAPTER: AdapterOptions = { targets: ["q_proj", "v_proj", "down_proj"], rank: 4 };

async function withSmall<T>(use: (model: SmallModel) => Promise<T>): Promise<T> {
  const model = await openSmall();
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

function answers(model: SmallModel): Promise<Float32Array[]> {
  const [group] = GROUPS;
  assert.ok(group);
  return model.logProbs({ prompt: group.prompt, completions: group.completions });
}

const saved = (model: SmallModel) =>
  withFolder(async (dir) => {
    await saveAdapter(model, dir);
    return readTensors(join(dir, WEIGHTS));
  });

for (const dora of [false, true])
  test(`dora ${dora}: begins without effect, trains alone, and the reference is the model without it`, async () => {
    await withSmall(async (model) => {
      const before = await answers(model);
      await addAdapter(model, { ...ADAPTER, dora });
      for (const [k, row] of (await answers(model)).entries())
        for (const [t, value] of row.entries()) assert.ok(Math.abs(value - (before[k]?.[t] ?? 0)) < 1e-5);
      const start = await saved(model);
      const trainer = await openTrainer(model, { trainable: ["adapters"], reference: true });
      assert.ok(((await trainer.step(STEP)).kl ?? 1) < 1e-9);
      assert.ok(((await trainer.step(STEP)).kl ?? 0) > 0);
      trainer.dispose();
      assert.notDeepEqual(await saved(model), start);
      assert.notDeepEqual(await answers(model), before);
      const trained = await answers(model);
      await mergeAdapter(model);
      for (const [k, row] of (await answers(model)).entries())
        for (const [t, value] of row.entries()) assert.ok(Math.abs(value - (trained[k]?.[t] ?? 0)) < 1e-5);
    });
  });

test("gone on from a trainer's state equals never having stopped, bit for bit", async () => {
  const options = { trainable: ["adapters"] as const, optimizer: { weightDecay: 0.1 } };
  await withFolder(async (dir) => {
    const through = await withSmall(async (model) => {
      await addAdapter(model, { ...ADAPTER, dora: true });
      const trainer = await openTrainer(model, options);
      for (let i = 0; i < 4; i++) {
        if (i === 2) await trainer.save(dir);
        await trainer.step({ ...STEP, beta: 0 });
      }
      trainer.dispose();
      return saved(model);
    });
    await withSmall(async (model) => {
      await addAdapter(model, { ...ADAPTER, dora: true, stream: "another start" });
      const trainer = await openTrainer(model, options);
      await trainer.load(dir);
      for (let i = 2; i < 4; i++) await trainer.step({ ...STEP, beta: 0 });
      trainer.dispose();
      assert.deepEqual(await saved(model), through);
    });
  });
});

test("a model with one is not saved without it, nor given another", async () => {
  await withSmall(async (model) => {
    const refused = (message: RegExp) => ({ name: "EngineError", code: "E_OPTION", message });
    await assert.rejects(saveAdapter(model, "/nowhere"), refused(/with an adapter/));
    await assert.rejects(openTrainer(model, { trainable: ["adapters"] }), refused(/with an adapter/));
    await addAdapter(model, ADAPTER);
    await withFolder((dir) => assert.rejects(model.save(dir), refused(/mergeAdapter/)));
    await assert.rejects(addAdapter(model, ADAPTER), refused(/without an adapter/));
    const trainer = await openTrainer(model, { trainable: ["adapters"] });
    await assert.rejects(mergeAdapter(model), { code: "E_BUSY" });
    trainer.dispose();
    await mergeAdapter(model);
    await weightsOf(model);
  });
});

test("two calls at once: the later one is refused, and nothing of it is there", async () => {
  await withSmall(async (model) => {
    const [first, second] = await Promise.allSettled([
      addAdapter(model, { targets: ["q_proj"], rank: 2 }),
      addAdapter(model, { targets: ["v_proj"], rank: 2 }),
    ]);
    assert.equal(first?.status, "fulfilled");
    assert.equal((second as PromiseRejectedResult).reason.code, "E_BUSY");
    assert.deepEqual(
      [...(await saved(model)).keys()].filter((name) => !name.includes("q_proj")),
      [],
    );
    const both = await Promise.allSettled([
      mergeAdapter(model),
      withFolder((dir) => saveAdapter(model, dir)),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
  });
});

test("in bfloat16 a new adapter has no effect either, and one that is read is written bit for bit", async () => {
  const model = await loadModel(goldenPath("internvl/layer-norm"), { dtype: "bfloat16", threads: 1 });
  await addAdapter(model, { targets: "all-linear", rank: 2, dora: true });
  const before = await withFolder(async (dir) => {
    const plain = await loadModel(goldenPath("internvl/layer-norm"), { dtype: "bfloat16", threads: 1 });
    await plain.save(dir);
    plain.dispose();
    return readFile(join(dir, "model.safetensors"));
  });
  await mergeAdapter(model);
  await withFolder(async (dir) => {
    await model.save(dir);
    assert.deepEqual(await readFile(join(dir, "model.safetensors")), before);
  });
  model.dispose();
  const other = await loadModel(goldenPath("internvl/layer-norm"), { dtype: "bfloat16", threads: 1 });
  await loadAdapter(other, goldenPath("peft/dora"));
  assert.deepEqual(await saved(other), await readTensors(goldenPath("peft/dora/adapter_model.safetensors")));
  const trainer = await openTrainer(other, { trainable: ["adapters", "language"] });
  await trainer.step({ ...STEP, beta: 0 });
  trainer.dispose();
  other.dispose();
});

const OPTIONS: [string, object][] = [
  ["targets", { targets: undefined }],
  ["targets", { targets: [5] }],
  ["targets", { targets: "a)|(?:.*v_proj" }],
  ["targets[0]", { targets: ["qproj"] }],
  ["targets", { targets: ".*nothing" }],
  ["rank", { rank: 0 }],
  ["rank", { rank: 17 }],
  ["alpha", { alpha: 0 }],
  // The scale is a float32.
  ["alpha", { alpha: 1e300 }],
  ["alpha", { alpha: 1e40 }],
  ["alpha", { alpha: 1e-46, rslora: true }],
  ["dora", { dora: "yes" }],
  ["ranks", { ranks: 4 }],
];
for (const [option, wrong] of OPTIONS)
  test(`${option} of ${JSON.stringify(wrong)} is refused by name`, async () => {
    await withSmall(async (model) => {
      const asked = { ...ADAPTER, ...wrong } as AdapterOptions;
      await assert.rejects(addAdapter(model, asked), (error: EngineError) => {
        assert.equal(error.code, "E_OPTION");
        return error.details["option"] === option;
      });
    });
  });

type Named = Record<string, Tensor>;
interface Folder {
  config: Record<string, unknown>;
  tensors: Named;
}
const renamed = (tensors: Named, change: (name: string) => string): Named =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [change(name), tensor]));
const without = (tensors: Named, gone: RegExp): Named =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !gone.test(name)));
const FIRST = "base_model.model.model.language_model.layers.0.self_attn.q_proj";

/** What is in the folder, changed; and the words that refuse it, null where it loads. */
const LOADED: [what: string, kind: "lora" | "dora", change: (folder: Folder) => void, RegExp | null][] = [
  ["as it is", "lora", () => {}, null],
  [
    "no prefix",
    "lora",
    (f) => (f.tensors = renamed(f.tensors, (n) => n.replace("base_model.model.", ""))),
    null,
  ],
  [
    "the spelling of checkpoints",
    "lora",
    (f) => {
      const spelt = (n: string) => n.replace("model.model.language_model.", "model.language_model.model.");
      f.tensors = renamed(f.tensors, spelt);
    },
    null,
  ],
  [
    "one model. short",
    "lora",
    (f) => (f.tensors = renamed(f.tensors, (n) => n.replace("model.model.", "model."))),
    null,
  ],
  [
    "the adapter's own name",
    "lora",
    (f) => (f.tensors = renamed(f.tensors, (n) => n.replace(".weight", ".default.weight"))),
    null,
  ],
  [
    "pairs missing",
    "lora",
    (f) => (f.tensors = without(f.tensors, /layers\.0\.self_attn\.q_proj/)),
    /q_proj\.lora_A.* is missing/,
  ],
  [
    "A missing",
    "lora",
    (f) => (f.tensors = without(f.tensors, /layers\.0\.self_attn\.q_proj\.lora_A/)),
    /lora_A.* is missing/,
  ],
  ["nothing at all", "lora", (f) => (f.tensors = {}), /is missing/],
  [
    "a key of no layer",
    "lora",
    (f) => (f.tensors = renamed(f.tensors, (n) => n.replace("layers.0", "layers.9"))),
    /layers\.9.* no linear layer/,
  ],
  [
    "a layer that the config does not name",
    "lora",
    (f) => (f.config["target_modules"] = ["q_proj", "v_proj", "linear_1", "fc1"]),
    /do not name .*down_proj/,
  ],
  [
    "a target of no layer",
    "lora",
    (f) => (f.config["target_modules"] = ["q_proj", "qkv_proj"]),
    /target_modules\[1\]/,
  ],
  ["another rank", "lora", (f) => (f.config["r"] = 3), /expected \[3,.*found \[2,/],
  ["no rank", "lora", (f) => delete f.config["r"], /r: expected/],
  ["no alpha", "lora", (f) => delete f.config["lora_alpha"], /lora_alpha: expected/],
  [
    "an alpha beyond float32",
    "lora",
    (f) => (f.config["lora_alpha"] = 1e39),
    /alpha.*finite in float32, found 1e\+39 for model\./,
  ],
  ["modules to save", "lora", (f) => (f.config["modules_to_save"] = ["lm_head"]), /modules_to_save/],
  [
    "a start that changes the base",
    "lora",
    (f) => {
      f.config["init_lora_weights"] = "pissa_niter_4";
    },
    /init_lora_weights.*pissa_niter_4.*path_initial_model/,
  ],
  [
    "a number that is none",
    "lora",
    (f) => {
      (f.tensors[`${FIRST}.lora_A.weight`] as Tensor).data[3] = Number.NaN;
    },
    /lora_A.*not finite/,
  ],
  ["biases", "lora", (f) => (f.config["bias"] = "all"), /bias/],
  ["magnitudes without use_dora", "dora", (f) => (f.config["use_dora"] = false), /magnitudes/],
  [
    "use_dora without magnitudes",
    "dora",
    (f) => (f.tensors = without(f.tensors, /magnitude/)),
    /lora_magnitude_vector is missing/,
  ],
  ["another kind", "lora", (f) => (f.config["peft_type"] = "IA3"), /peft_type/],
  [
    "another base",
    "lora",
    (f) => {
      const name = `${FIRST}.lora_A.weight`;
      const { data } = f.tensors[name] as Tensor;
      f.tensors[name] = { shape: [2, 16], data: (data as Float32Array).slice(0, 32) };
    },
    /q_proj\.lora_A.*expected \[2,32\].*found \[2,16\]/,
  ],
];

for (const [what, kind, change, refused] of LOADED)
  test(`a folder with ${what} ${refused === null ? "loads" : "is refused by name"}`, async () => {
    await withFolder(async (dir) => {
      const from = goldenPath(`peft/${kind}`);
      await cp(from, dir, { recursive: true });
      const config = JSON.parse(await readFile(join(from, CONFIG ?? ""), "utf8"));
      const folder: Folder = {
        config,
        tensors: Object.fromEntries(await readTensors(join(from, WEIGHTS ?? ""))),
      };
      change(folder);
      await writeFile(join(dir, CONFIG ?? ""), JSON.stringify(folder.config));
      await writeTensors(join(dir, WEIGHTS ?? ""), folder.tensors, {});
      await withSmall(async (model) => {
        const before = await answers(model);
        if (refused === null) await loadAdapter(model, dir);
        else await assert.rejects(loadAdapter(model, dir), { code: "E_FORMAT", message: refused });
        // Either it has its effect, or nothing changed.
        const same = JSON.stringify(await answers(model)) === JSON.stringify(before);
        assert.equal(same, refused !== null);
      });
    });
  });

test("half a folder is refused, and dropout is kept for others and not trained with", async () => {
  await withFolder(async (dir) => {
    await cp(goldenPath("peft/lora"), dir, { recursive: true });
    const config = JSON.parse(await readFile(join(dir, CONFIG ?? ""), "utf8"));
    await writeFile(join(dir, CONFIG ?? ""), JSON.stringify({ ...config, lora_dropout: 0.1 }));
    await withSmall(async (model) => {
      await loadAdapter(model, dir);
      const refused = { code: "E_OPTION", message: /lora_dropout.*0\.1/ };
      await assert.rejects(openTrainer(model, { trainable: ["adapters"] }), refused);
      await withFolder(async (copy) => {
        await saveAdapter(model, copy);
        assert.equal(JSON.parse(await readFile(join(copy, CONFIG ?? ""), "utf8")).lora_dropout, 0.1);
      });
    });
    await withSmall(async (model) => {
      await loadAdapter(model, dir, { dropout: 0 });
      (await openTrainer(model, { trainable: ["adapters"] })).dispose();
    });
    for (const name of [WEIGHTS, CONFIG]) {
      await rm(join(dir, name ?? ""));
      await withSmall((model) =>
        assert.rejects(loadAdapter(model, dir), { code: "E_FORMAT", message: new RegExp(name ?? "") }),
      );
    }
  });
});
