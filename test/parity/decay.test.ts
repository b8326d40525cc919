/** Which tensors a weight decay reaches, against the Trainer of transformers; recipe: recipes/decay.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openTrainer, type TrainerOptions } from "../../lib/index.js";
import { goldenPath } from "../helpers/goldens.js";
import { openSmall, smallPrompt, textIds, weightsOf } from "../helpers/small-model.js";
import { changed } from "../helpers/training.js";

type Checkpoint = "layer-norm" | "rms-norm" | "tied" | "motion";
const { decaying } = JSON.parse(readFileSync(goldenPath("decay.json"), "utf8")) as {
  readonly decaying: Readonly<Record<Checkpoint, string[]>>;
};
/** No advantage and no reference: no gradient, so that the decay alone moves anything. */
const GROUPS = [{ prompt: smallPrompt(1), completions: [textIds(1, 3)], advantages: [0] }];

async function moved(name: Checkpoint, decays?: "weights" | "all"): Promise<string[]> {
  const own = await openSmall(name);
  const motion: TrainerOptions["trainable"] = name === "motion" ? ["motionProjector"] : [];
  const optimizer = { weightDecay: 0.5, decays };
  const trainable = ["vision", "projector", "language", ...motion] as const;
  const trainer = await openTrainer(own, { trainable, optimizer });
  try {
    const before = await weightsOf(own);
    await trainer.step({ groups: GROUPS, loss: "grpo", learningRate: 0.1 });
    const names = await changed(own, before);
    const after = await weightsOf(own);
    for (const one of names) {
      const [from, to] = [before, after].map((all) => all.get(one)?.data as Float32Array);
      // Two roundings of float32 lie between the two.
      const far = from?.some((value, i) => Math.abs((to?.[i] ?? 0) - 0.95 * value) > 2e-7 * Math.abs(value));
      assert.equal(far, false, one);
    }
    return names.sort();
  } finally {
    trainer.dispose();
    own.dispose();
  }
}

for (const name of ["layer-norm", "rms-norm", "tied", "motion"] as const)
  test(`${name}: all but biases and norms decay`, async () => {
    assert.deepEqual(await moved(name), [...decaying[name]].sort());
  });

test("asked for, everything decays", async () => {
  const own = await openSmall();
  const names = [...(await weightsOf(own)).keys()].sort();
  own.dispose();
  assert.deepEqual(await moved("layer-norm", "all"), names);
});
