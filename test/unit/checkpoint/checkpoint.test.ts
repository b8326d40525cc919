/** Checkpoint folders written by transformers: placed byte by byte, and refused when anything does not fit. */
import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Checkpoint, readCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { EngineError } from "../../../lib/core/errors.js";
import { goldenPath } from "../../helpers/goldens.js";
import { readTensors, writeTensors } from "../../helpers/safetensors.js";
import { bendJson, bendWeights, copyCheckpoint } from "../../helpers/tiny-checkpoint.js";

const NAMES = ["layer-norm", "rms-norm", "tied", "motion"] as const;

async function refused(dir: string, ...expected: RegExp[]): Promise<void> {
  const error = await readCheckpoint(dir).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, "it was read");
  assert.equal(error.code, "E_FORMAT");
  assert.ok(error.message.includes(dir), error.message);
  for (const pattern of expected) assert.match(error.message, pattern);
}

function parameter({ parameters }: Checkpoint, name: string) {
  const found = parameters.find((spec) => spec.name === name);
  assert.ok(found, name);
  return found;
}

for (const name of NAMES) {
  test(`${name}: every byte of the file belongs to one parameter, of the right size`, async () => {
    const dir = goldenPath(`internvl/${name}`);
    const checkpoint = await readCheckpoint(dir);
    const tensors = await tensorsWithoutCounters(dir);
    assert.equal(new Set(checkpoint.parameters.map((spec) => spec.name)).size, checkpoint.parameters.length);
    assert.equal(checkpoint.parameters.flatMap(({ sources }) => sources).length, tensors.length);
    for (const { name: own, shape, sources } of checkpoint.parameters) {
      const bytes = sources.reduce((sum, { begin, end }) => sum + end - begin, 0);
      assert.equal(bytes, 4 * shape.reduce((a, b) => a * b, 1), own);
    }
  });

  test(`${name}: the plan for saving has the file's names and shapes, and covers every parameter's rows`, async () => {
    const dir = goldenPath(`internvl/${name}`);
    const checkpoint = await readCheckpoint(dir);
    const planned = checkpoint.saved.map(({ name: tensor, shape }) => [tensor, shape] as const);
    assert.deepEqual(planned.toSorted(byName), (await tensorsWithoutCounters(dir)).toSorted(byName));
    for (const { name: own, shape } of checkpoint.parameters) {
      const rows = checkpoint.saved.filter((tensor) => tensor.parameter === own);
      assert.deepEqual(
        rows.map(({ rowBegin }) => rowBegin),
        [0, ...rows.map(({ rowEnd }) => rowEnd)].slice(0, -1),
        own,
      );
      assert.equal(rows.at(-1)?.rowEnd, shape[0], own);
    }
  });
}

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : 1;

/** Names and shapes by the plain reading of the header. */
async function tensorsWithoutCounters(dir: string): Promise<(readonly [string, readonly number[]])[]> {
  const bytes = await readFile(join(dir, "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { shape: number[] }>;
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__" && !name.endsWith("num_batches_tracked"))
    .map(([name, { shape }]) => [name, shape] as const);
}

test("joins query, key and value, gate and up, in that order, and flattens embeddings", async () => {
  const dir = goldenPath("internvl/layer-norm");
  const checkpoint = await readCheckpoint(dir);
  const bytes = await readFile(join(dir, "model.safetensors"));
  const tensors = await readTensors(join(dir, "model.safetensors"));
  const joined = (name: string): Buffer =>
    Buffer.concat(parameter(checkpoint, name).sources.map(({ begin, end }) => bytes.subarray(begin, end)));
  const stored = (...names: string[]): Buffer =>
    Buffer.concat(
      names.map((name) => {
        const data = tensors.get(name)?.data;
        assert.ok(data, name);
        return Buffer.from(data.buffer);
      }),
    );
  const attention = "language_model.model.layers.1.self_attn";
  assert.deepEqual(
    joined("language.layers.1.attn.qkv.weight"),
    stored(`${attention}.q_proj.weight`, `${attention}.k_proj.weight`, `${attention}.v_proj.weight`),
  );
  const mlp = "language_model.model.layers.0.mlp";
  assert.deepEqual(
    joined("language.layers.0.mlp.gate_up.weight"),
    stored(`${mlp}.gate_proj.weight`, `${mlp}.up_proj.weight`),
  );
  assert.deepEqual(parameter(checkpoint, "language.layers.1.attn.qkv.weight").shape, [64, 32]);
  assert.deepEqual(parameter(checkpoint, "vision.class_embedding").shape, [24]);
  assert.deepEqual(parameter(checkpoint, "vision.position_embedding").shape, [17, 24]);
  assert.deepEqual(parameter(checkpoint, "vision.patch.weight").shape, [24, 3 * 14 * 14]);
});

test("gives parameters in the order of the forward pass", async () => {
  const { parameters } = await readCheckpoint(goldenPath("internvl/motion"));
  const parts = parameters.map(({ name }) => name.split(".")[0]);
  assert.deepEqual([...new Set(parts)], ["motion", "vision", "projector", "motion_projector", "language"]);
  assert.equal(parts.join().match(/language/g)?.length, parts.length - parts.indexOf("language"));
});

test("knows both spellings, the tower of the 6B kind, a tied head, the motion parts", async () => {
  const [layer, rms, tied, motion] = await Promise.all(
    NAMES.map((name) => readCheckpoint(goldenPath(`internvl/${name}`))),
  );
  assert.ok(layer && rms && tied && motion);
  assert.ok(rms.saved.some(({ name }) => name === "model.language_model.layers.0.mlp.up_proj.weight"));
  assert.ok(layer.saved.some(({ name }) => name === "language_model.model.layers.0.mlp.up_proj.weight"));
  assert.ok(rms.parameters.some(({ name }) => name === "vision.layers.1.attn.k_norm.weight"));
  assert.ok(
    !rms.parameters.some(({ name }) => name.startsWith("vision.") && /norm\d\.bias|qkv\.bias/.test(name)),
  );
  assert.deepEqual([layer.tied, tied.tied], [false, true]);
  assert.deepEqual([layer.hasMotion, motion.hasMotion], [false, true]);
  assert.deepEqual(parameter(motion, "motion_projector.fc1.weight").shape, [24, 22]);
  const stem = parameter(motion, "motion.0.multipathway_blocks.1.conv.weight");
  assert.deepEqual(stem.shape, [2, 3, 5, 7, 7]);
  assert.ok(!motion.saved.some(({ name }) => name.endsWith("num_batches_tracked")));
});

test("ties the head when its matrix is absent, unless the config says that there is one", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await bendWeights(dir, (tensors) => delete tensors["language_model.lm_head.weight"]);
  await refused(dir, /language_model\.lm_head\.weight is missing/);
  await bendJson<Record<string, unknown>>(dir, "config.json", (config) => delete config.tie_word_embeddings);
  assert.equal((await readCheckpoint(dir)).tied, true);
});

test("uses the head's own matrix when it is there, whatever the flags say", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await bendJson<{ tie_word_embeddings: boolean; text_config: Record<string, unknown> }>(
    dir,
    "config.json",
    (config) => {
      config.tie_word_embeddings = true;
      config.text_config.tie_word_embeddings = true;
    },
  );
  assert.equal((await readCheckpoint(dir)).tied, false);
});

test("names every tensor that is missing, unknown, misshapen or of another type, at once", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await bendWeights(dir, (tensors) => {
    delete tensors["vision_tower.encoder.layer.1.lambda_2"];
    delete tensors["language_model.model.norm.weight"];
    tensors["multi_modal_projector.linear_3.weight"] = { shape: [1], data: new Float32Array(1) };
    tensors["language_model.model.embed_tokens.weight"] = {
      shape: [119, 32],
      data: new Float32Array(119 * 32),
    };
    tensors["vision_tower.embeddings.cls_token"] = { shape: [1, 1, 24], data: new Int32Array(24) };
  });
  await refused(
    dir,
    /5 tensors do not fit/,
    /vision_tower\.encoder\.layer\.1\.lambda_2 is missing/,
    /language_model\.model\.norm\.weight is missing/,
    /multi_modal_projector\.linear_3\.weight is not a tensor of this model/,
    /embed_tokens\.weight has shape \[119,32\], expected \[120,32\]/,
    /cls_token is I32, expected F32, BF16, F16/,
  );
});

test("refuses motion parts that are not whole", async () => {
  const slowFast = "slowfast_model.feature_extraction.";
  const without = async (bend: Parameters<typeof bendWeights>[1], ...expected: RegExp[]): Promise<void> => {
    const dir = await copyCheckpoint("motion");
    await bendWeights(dir, bend);
    await refused(dir, ...expected);
  };
  await without(
    (tensors) => delete tensors[`${slowFast}0.multipathway_blocks.0.norm.running_var`],
    /0\.norm\.running_var is missing/,
  );
  await without(
    (tensors) => delete tensors[`${slowFast}1.multipathway_fusion.conv_fast_to_slow.weight`],
    /conv_fast_to_slow\.weight is missing/,
  );
  await without((tensors) => delete tensors["motion_mlp.1.bias"], /motion_mlp\.1\.bias is missing/);
  await without((tensors) => {
    for (const name of Object.keys(tensors)) if (name.startsWith("motion_mlp.")) delete tensors[name];
  }, /motion_mlp\.0\.weight is missing/);
  await without((tensors) => {
    for (const name of Object.keys(tensors)) if (name.startsWith(slowFast)) delete tensors[name];
  }, /0\.multipathway_blocks\.0\.conv\.weight is missing/);
  await without((tensors) => {
    tensors[`${slowFast}5.proj.weight`] = { shape: [1], data: new Float32Array(1) };
  }, /5\.proj\.weight is not a tensor of this model/);
  await without((tensors) => {
    tensors[`${slowFast}0.multipathway_blocks.0.conv.weight`] = {
      shape: [6, 3, 7, 7],
      data: new Float32Array(6 * 147),
    };
  }, /has shape \[6,3,7,7\], expected \[6,3,7,7,1\]/);
});

test("reads shards by their index, and refuses an index that lies", async () => {
  const dir = await copyCheckpoint("layer-norm");
  const whole = await readCheckpoint(dir);
  const tensors = Object.entries(Object.fromEntries(await readTensors(join(dir, "model.safetensors"))));
  await rename(join(dir, "model.safetensors"), join(dir, "unused"));
  const shards = {
    "model-00001-of-00002.safetensors": tensors.slice(0, 30),
    "model-00002-of-00002.safetensors": tensors.slice(30),
  };
  const map: Record<string, unknown> = {};
  for (const [file, entries] of Object.entries(shards)) {
    await writeTensors(join(dir, file), Object.fromEntries(entries));
    for (const [name] of entries) map[name] = file;
  }
  const write = (weightMap: unknown): Promise<void> =>
    writeFile(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));

  await write(map);
  const sharded = await readCheckpoint(dir);
  assert.deepEqual(sharded.saved, whole.saved);
  assert.equal(new Set(sharded.parameters.flatMap(({ sources }) => sources.map(({ file }) => file))).size, 2);

  const name = tensors[0]?.[0] ?? "";
  await write({ ...map, [name]: "../model-00001-of-00002.safetensors" });
  await refused(dir, /expected the name of a file beside it/);
  await write({ ...map, [name]: "model-00002-of-00002.safetensors" });
  await refused(dir, /model-00002-of-00002\.safetensors has no such tensor/);
  await write({ ...map, [name]: "absent.safetensors" });
  await refused(
    dir,
    /index\.json: weight_map\.[\w.]+: names "absent\.safetensors", and there is no such file/,
  );
  await write(Object.fromEntries(Object.entries(map).slice(1)));
  await refused(dir, /the index does not list it here/);
  await write(["a"]);
  await refused(dir, /weight_map: expected an object/);
});

test("refuses a folder without config, without weights, or with weights of something else", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await writeTensors(join(dir, "model.safetensors"), {
    "transformer.h.0.weight": { shape: [1], data: new Float32Array(1) },
  });
  await refused(
    dir,
    /expected tensors named vision_tower\.\* or model\.vision_tower\.\*, found transformer\.h\.0\.weight/,
  );
  await rename(join(dir, "model.safetensors"), join(dir, "unused"));
  await refused(
    dir,
    /expected model\.safetensors, or model\.safetensors\.index\.json with its shards; found neither/,
  );
  await writeFile(join(dir, "config.json"), "{");
  await refused(dir, /config\.json: expected JSON/);
  await rename(join(dir, "config.json"), join(dir, "unused"));
  await refused(dir, /expected a checkpoint folder; it has no config\.json/);
});

test("takes end tokens from generation_config.json, then from config.json, and never guesses", async () => {
  const dir = await copyCheckpoint("layer-norm");
  const set = (eos: unknown) =>
    bendJson<Record<string, unknown>>(dir, "generation_config.json", (config) =>
      Object.assign(config, { eos_token_id: eos }),
    );
  await set([111, 110]);
  assert.deepEqual((await readCheckpoint(dir)).endTokens, [111, 110]);
  await set(undefined);
  assert.deepEqual((await readCheckpoint(dir)).endTokens, [111]);
  await set("</s>");
  await refused(dir, /generation_config\.json: eos_token_id: expected a token id/);
  await set(120);
  await refused(dir, /eos_token_id 120 is outside the vocabulary of 120/);
  await set(undefined);
  await bendJson<{ text_config: Record<string, unknown> }>(
    dir,
    "config.json",
    (config) => delete config.text_config.eos_token_id,
  );
  await refused(dir, /eos_token_id is missing/);
});

test("opens the tokenizer where there is one", async () => {
  const dir = await copyCheckpoint("layer-norm");
  assert.equal((await readCheckpoint(dir)).tokenizer, null);
  await writeFile(join(dir, "tokenizer.json"), "{}");
  await refused(dir, /tokenizer\.json: expected a tokenizer/);
});

test("skips what is known to be harmless, of any type, and lists it", async () => {
  const dir = await copyCheckpoint("motion");
  const harmless = [
    "slowfast_model.feature_extraction.6.proj.weight",
    "language_model.model.layers.0.self_attn.rotary_emb.inv_freq",
    "slowfast_model.feature_extraction.0.multipathway_blocks.0.norm.num_batches_tracked",
  ];
  await bendWeights(dir, (tensors) => {
    for (const name of harmless) tensors[name] = { shape: [1], data: new BigInt64Array(1) };
  });
  const { survey, saved } = await readCheckpoint(dir);
  for (const name of harmless) {
    assert.ok(
      survey.skipped.some((one) => one.name === name),
      name,
    );
    assert.ok(
      saved.every((one) => one.name !== name),
      name,
    );
  }
});

test("refuses convolutions that do not fit the ones before them", async () => {
  const dir = await copyCheckpoint("motion");
  const name = "slowfast_model.feature_extraction.1.multipathway_blocks.0.res_blocks.0.branch2.conv_b.weight";
  let shape: readonly number[] = [];
  await bendWeights(dir, (tensors) => {
    const old = tensors[name]?.shape ?? [];
    shape = [old[0] ?? 0, (old[1] ?? 0) + 1, ...old.slice(2)];
    tensors[name] = { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
  });
  await refused(dir, new RegExp(`conv_b\\.weight has shape \\[${shape}\\], expected`));
});

test("with motion off a checkpoint is one that has no motion parts, in what it saves too", async () => {
  const dir = goldenPath("internvl/motion");
  const [on, off] = [await readCheckpoint(dir), await readCheckpoint(dir, { motion: false })];
  const isMotion = ({ name }: { readonly name: string }) => /^(motion|slowfast)/.test(name);
  assert.deepEqual([on.hasMotion, off.hasMotion], [true, false]);
  assert.deepEqual(
    off.parameters,
    on.parameters.filter((spec) => !isMotion(spec)),
  );
  assert.ok(off.parameters.length < on.parameters.length);
  assert.deepEqual([...off.saved, ...off.unused].filter(isMotion), []);
  await assert.rejects(readCheckpoint(dir, { motion: false, slowfast: "slowfast.safetensors" }), {
    code: "E_OPTION",
    message: /slowfast: expected none where motion is off/,
  });
});
