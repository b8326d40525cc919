/** Folders that are no checkpoint, or not whole: each says what it is and what to do. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { checkpointIdentity } from "../../../lib/checkpoint/identity.js";
import { noAdapter } from "../../../lib/checkpoint/no-checkpoint.js";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { surveyCheckpoint } from "../../../lib/checkpoint/survey.js";
import { inspectCheckpoint } from "../../../lib/inspection/inspection.js";
import { readFolder } from "../../../lib/model/shape.js";
import { PAGE, POINTER } from "../../helpers/downloads.js";
import { bendJson, bendWeights, copyCheckpoint } from "../../helpers/tiny-checkpoint.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const TINY = shippedCheckpoint("tiny") ?? "";
const WEIGHTS = "model.safetensors";

function copy(name = "copy"): string {
  const dir = join(mkdtempSync(join(scratch, "case-")), name);
  cpSync(TINY, dir, { recursive: true });
  return dir;
}

async function refused(dir: string, words: RegExp): Promise<void> {
  for (const read of [readCheckpoint, inspectCheckpoint])
    await assert.rejects(read(dir), (error: Error & { code?: string }) => {
      assert.equal(error.code, "E_FORMAT");
      assert.ok(error.message.startsWith(dir), error.message);
      assert.match(error.message, words);
      return true;
    });
}

test("a pointer, a page or a link that leads nowhere is told in place of any file of the folder", async () => {
  const files = [WEIGHTS, "config.json", "tokenizer.json", "vqathinker.json", "generation_config.json"];
  for (const name of files) {
    const dir = copy();
    writeFileSync(join(dir, name), POINTER);
    await assert.rejects(
      readAll(dir),
      { code: "E_FORMAT", message: /git-lfs pointer: .*git lfs pull/ },
      name,
    );
    writeFileSync(join(dir, name), PAGE);
    await assert.rejects(readAll(dir), { code: "E_FORMAT", message: /a web page/ }, name);
    rmSync(join(dir, name));
    symlinkSync("../../blobs/abc", join(dir, name));
    const message = new RegExp(`${name}: .*a link to \\.\\./\\.\\./blobs/abc, which is not there`);
    await assert.rejects(readAll(dir), { code: "E_FORMAT", message }, name);
  }
});

async function readAll(dir: string): Promise<void> {
  const { problems } = await inspectCheckpoint(dir);
  if (problems.length > 0) await readCheckpoint(dir);
  await readCheckpoint(dir);
}

test("weights in another form say how to come to ours", async () => {
  const without = () => {
    const dir = copy();
    rmSync(join(dir, WEIGHTS));
    return dir;
  };
  await refused(without(), /expected model\.safetensors, or .*; found neither$/);
  for (const [name, message] of [
    [WEIGHTS, /; found model\.safetensors, which is a folder$/],
    [
      "model-q4.gguf",
      /; found model-q4\.gguf, which is not read here: take the safetensors of the same model$/,
    ],
    [
      "model.safetensors.incomplete",
      /; found model\.safetensors\.incomplete: the download did not finish, start it again$/,
    ],
  ] as const) {
    const dir = without();
    if (name === WEIGHTS) mkdirSync(join(dir, name));
    else writeFileSync(join(dir, name), "GGUF");
    await refused(dir, message);
  }
  const torch = without();
  writeFileSync(join(torch, "pytorch_model.bin"), "PK\x03\x04");
  await refused(
    torch,
    /found pytorch_model\.bin: npx vqathinker convert .*pytorch_model\.bin --out .*model\.safetensors/,
  );
  writeFileSync(join(torch, "pytorch_model-2.bin"), "PK\x03\x04");
  await refused(torch, /found pytorch_model-2\.bin, pytorch_model\.bin: save the model as safetensors/);
  const shards = copy();
  renameSync(join(shards, WEIGHTS), join(shards, "model-00001-of-00002.safetensors"));
  cpSync(join(TINY, WEIGHTS), join(shards, "model-00002-of-00002.safetensors"));
  await refused(shards, /found 2 shards \(model-00001-of-00002\.safetensors, .*\) and no index/);
  const renamed = copy();
  renameSync(join(renamed, WEIGHTS), join(renamed, "weights.safetensors"));
  await refused(renamed, /found weights\.safetensors$/);
});

test("a LoRA adapter alone and one that is not merged are told as that", async () => {
  const alone = copy();
  rmSync(join(alone, "config.json"));
  renameSync(join(alone, WEIGHTS), join(alone, "adapter_model.safetensors"));
  writeFileSync(join(alone, "adapter_config.json"), "{}");
  await refused(alone, /a LoRA adapter alone: npx vqathinker merge /);
  cpSync(join(TINY, "config.json"), join(alone, "config.json"));
  await refused(alone, /a LoRA adapter alone: npx vqathinker merge /);

  const unmerged = await copyCheckpoint("layer-norm");
  await bendWeights(unmerged, (tensors) => {
    for (const [name, tensor] of Object.entries(tensors).filter(([name]) => /q_proj\.weight$/.test(name))) {
      const layer = name.slice(0, -".weight".length);
      delete tensors[name];
      tensors[`${layer}.base_layer.weight`] = tensor;
      tensors[`${layer}.lora_A.default.weight`] = tensor;
    }
  });
  const words = /it has LoRA parts that are not merged \(.*(base_layer|lora_A).*\): merge them first/;
  const { problems } = await inspectCheckpoint(unmerged);
  assert.match(problems[0] ?? "", words);
  await assert.rejects(readCheckpoint(unmerged), {
    code: "E_FORMAT",
    message: new RegExp(`${words.source}.*; \\d+ tensors do not fit its config\\.json: `),
  });
  await bendWeights(unmerged, (tensors) => {
    for (const [name, tensor] of Object.entries(tensors)) {
      delete tensors[name];
      tensors[`base_model.model.${name}`] = tensor;
    }
  });
  await refused(unmerged, new RegExp(`${words.source}.*; expected tensors named vision_tower`));
});

test("quantised weights are told as that; a config that only speaks of them is no reason", async () => {
  const dir = await copyCheckpoint("layer-norm");
  const quantised = { quantization_config: { quant_method: "bitsandbytes", load_in_8bit: true } };
  await bendJson<object>(dir, "config.json", (config) => Object.assign(config, quantised));
  assert.deepEqual((await inspectCheckpoint(dir)).problems, []);
  await bendWeights(dir, (tensors) => {
    const name = Object.keys(tensors).find((key) => key.endsWith("q_proj.weight")) ?? "";
    const { shape = [] } = tensors[name] ?? {};
    tensors[name] = { shape, data: new Int32Array(shape.reduce((all, size) => all * size, 1)) };
  });
  await refused(dir, /its weights are quantised \(quantization_config: bitsandbytes\).* made from$/);
});

test("a path beside the checkpoint names the folder that was meant", async () => {
  const dir = copy("models--x--y/snapshots/abc");
  const hub = join(dir, "../..");
  mkdirSync(join(hub, "blobs"));
  await refused(hub, /it has no config\.json; there is one in snapshots\/abc: name that folder$/);
  await refused(join(hub, ".."), /there is one in models--x--y\/snapshots\/abc: /);
  await refused(join(dir, WEIGHTS), /expected a checkpoint folder, found a file: name the folder/);
  await refused(join(dir, "absent"), /: expected a checkpoint folder: no such folder$/);
  await refused(join(hub, "blobs"), /: expected a checkpoint folder; it has no config\.json$/);
  await assert.rejects(checkpointIdentity(hub), {
    code: "E_FORMAT",
    message: /there is one in snapshots\/abc/,
  });
  const { problems } = await surveyCheckpoint(dir);
  assert.deepEqual(problems, []);
});

test("a path beside an adapter names the folder that was meant", async () => {
  const hub = mkdtempSync(join(scratch, "hub-"));
  const meant = join(hub, "snapshots", "abc");
  mkdirSync(meant, { recursive: true });
  writeFileSync(join(meant, "adapter_config.json"), "{}");
  await refused(hub, /it has no config\.json; there is one in snapshots\/abc: name that folder$/);
  const none = "expected an adapter folder (adapter_config.json)";
  for (const [dir, words] of [
    [hub, `${none}; it has no adapter_config.json; there is one in snapshots/abc: name that folder`],
    [join(hub, "absent"), `${none}: no such folder`],
    [join(meant, "adapter_config.json"), `${none}, found a file: name the folder that it is in`],
  ] as const) {
    assert.equal(await noAdapter(dir), words);
    const message = `${dir}: ${words}`;
    await assert.rejects(readFolder(TINY, { adapter: dir }), { code: "E_FORMAT", message });
  }
});

test("a run's folder is named as one, with the checkpoints in it", async () => {
  const run = mkdtempSync(join(scratch, "run-"));
  writeFileSync(join(run, "config.json"), '{"model":"tiny"}');
  cpSync(TINY, join(run, "checkpoints", "step-3"), { recursive: true });
  await refused(run, /found the folder of a run; there is one in .*checkpoints\/step-3: name that folder/);
});
