/**
 * Third part of `npm run interop`: adapters that are made and trained here, opened by PEFT on the base model of transformers,
 * whose logits are compared with ours (load_adapters.py beside this file's source).
 */
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { type AdapterOptions, addAdapter, openTrainer, saveAdapter } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { writeTensors } from "../helpers/safetensors.js";
import { openSmall, withFolder } from "../helpers/small-model.js";
import { STEP } from "../helpers/training.js";
import { python } from "./python.js";

const ADAPTERS: Readonly<Record<string, AdapterOptions>> = {
  lora: { targets: ["q_proj", "v_proj", "fc1", "linear_1"], rank: 4, alpha: 6 },
  rslora: { targets: "all-linear", rank: 2, rslora: true },
  dora: { targets: String.raw`.*language_model.*\.(q_proj|down_proj)`, rank: 3, dora: true },
};

await withFolder(async (root) => {
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
