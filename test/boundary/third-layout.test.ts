/** A third layout is one object and one line of the registry: a model is saved in it, opened from it and saved back. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { inspectCheckpoint } from "../../lib/inspection/inspection.js";
import { HF_NATIVE } from "../../lib/layout/hf.js";
import type { Layout } from "../../lib/layout/layout.js";
import { LAYOUTS, layoutNames } from "../../lib/layout/layouts.js";
import { logits } from "../../lib/parity.js";
import { readTensors } from "../helpers/safetensors.js";
import { openSmall, smallPrompt, weightsOf, withFolder } from "../helpers/small-model.js";

/** The names of transformers under roots of its own, and a config.json of its own type. */
const TOY: Layout = {
  ...HF_NATIVE,
  modelType: "toy",
  program: "nobody",
  prefixes: [{ vision: "eye.", projector: "bridge.", language: "mind.", head: "mouth." }],
  readConfig: (json, file) => HF_NATIVE.readConfig({ ...json, model_type: "internvl" }, file),
  writeConfig: (model) => ({ ...HF_NATIVE.writeConfig(model), model_type: "toy" }),
};

test("a layout that is added to the registry is written and read like the others", async () => {
  Object.assign(LAYOUTS, { toy: TOY });
  const toy = layoutNames().at(-1);
  const model = await openSmall("motion");
  const prompt = smallPrompt(1, { motion: true });
  const expected = await logits(model, prompt);
  const weights = await weightsOf(model);

  await withFolder(async (dir) => {
    await model.save(dir, { layout: toy });
    const config = JSON.parse(await readFile(join(dir, "config.json"), "utf8")) as { model_type: string };
    assert.equal(config.model_type, "toy");
    const names = [...(await readTensors(join(dir, "model.safetensors"))).keys()];
    const roots = new Set(names.map((name) => name.split(".")[0]));
    assert.deepEqual(roots, new Set(["slowfast_model", "eye", "bridge", "motion_mlp", "mind", "mouth"]));

    const found = await inspectCheckpoint(dir);
    assert.deepEqual([found.layout, found.problems.length], ["toy", 0]);
    const opened = await loadModel(dir, { threads: 1 });
    assert.deepEqual(await logits(opened, prompt), expected);
    await withFolder(async (back) => {
      await opened.save(back, { layout: "hf" });
      assert.deepEqual(await readTensors(join(back, "model.safetensors")), weights);
    });
    opened.dispose();
  });
  model.dispose();
});
