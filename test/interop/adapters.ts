/**
 * Third part of `npm run interop`: adapters that are made and trained here, by calls and by runs, opened by PEFT on the base
 * model of transformers, whose logits are compared with ours (load_adapters.py beside this file's source).
 */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import {
  type AdapterOptions,
  addAdapter,
  buildPrompt,
  loadModel,
  openTrainer,
  saveAdapter,
  train,
} from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { writeTensors } from "../helpers/safetensors.js";
import { openSmall, pixels, withFolder } from "../helpers/small-model.js";
import { smallRun } from "../helpers/small-run.js";
import { STEP } from "../helpers/training.js";
import { python } from "./python.js";

const ADAPTERS: Readonly<Record<string, AdapterOptions>> = {
  lora: { targets: ["q_proj", "v_proj", "fc1", "linear_1"], rank: 4, alpha: 6 },
  rslora: { targets: "all-linear", rank: 2, rslora: true },
  dora: { targets: String.raw`.*language_model.*\.(q_proj|down_proj)`, rank: 3, dora: true },
};

/** The last checkpoint of a run as it is, and the base that it stands on as transformers opens it: without motion parts. */
async function ofRun(root: string, name: string, motion: boolean): Promise<void> {
  const { trainable: _, ...small } = await smallRun(join(root, "runs", name));
  const lora = {
    targets: String.raw`.*(language_model|vision_tower).*\.(q_proj|fc1|down_proj)`,
    rank: 4,
    dora: !motion,
  };
  const reply = "<think>It is what it is.</think><answer>{score}</answer>";
  const { checkpoint } = await train({ ...small, method: "sft", reply, motion, lora, learningRate: 0.01 });
  cpSync(checkpoint ?? "", join(root, name), { recursive: true });
  const base = await loadModel("tiny-start", { motion: false, threads: 1 });
  await base.save(join(root, "bases", name), { layout: "hf", dtype: "float32" });
  const model = await loadModel(join(root, name), { motion: false, threads: 1 });
  const { imageSize, prompt: wording } = model.settings;
  const frames = 2;
  const inputIds = buildPrompt(model.tokenizer, wording, model.slots(frames, imageSize));
  const prompt = { inputIds, pixelValues: pixels(7, frames, imageSize), frames, imageSize };
  await writeTensors(join(root, `${name}.safetensors`), {
    logits: await logits(model, prompt),
    base_logits: await logits(base, prompt),
    input_ids: { data: inputIds, shape: [inputIds.length] },
    pixel_values: { data: prompt.pixelValues, shape: [frames, 3, imageSize, imageSize] },
  });
  base.dispose();
  model.dispose();
}

await withFolder(async (root) => {
  await ofRun(root, "run", true);
  await ofRun(root, "run without motion, dora", false);
  const prompt = recordedPrompt(await readRecorded("peft/lora/record"));
  for (const [name, options] of Object.entries(ADAPTERS)) {
    const model = await openSmall();
    await addAdapter(model, options);
    const trainer = await openTrainer(model, { trainable: ["adapters"] });
    for (let i = 0; i < 3; i++) await trainer.step({ ...STEP, beta: 0, learningRate: 0.05 });
    trainer.dispose();
    await saveAdapter(model, join(root, name));
    await writeTensors(join(root, `${name}.safetensors`), { logits: await logits(model, prompt) }, {});
    model.dispose();
  }
  const script = join(packageRoot(), "test", "interop", "load_adapters.py");
  process.stdout.write(python(script, root, goldenPath("internvl/layer-norm")));
});
