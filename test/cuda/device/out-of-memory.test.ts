/** A device that is too small for training: the message says what was planned and what was free, and nothing is half done. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadModel, openTrainer, type ScoringModel, type StepOptions } from "../../../lib/index.js";
import { clean, prompt } from "./pairs.js";
import { missing, standIn } from "./stand-in.js";

const OPTIONS = { trainable: ["projector", "language", "motionProjector"], reference: true } as const;

const step = (model: ScoringModel): StepOptions => ({
  groups: [0, 1].map((g) => ({
    prompt: prompt(model, 20 + g),
    completions: [6, 9].map((length, k) => Int32Array.from({ length }, (_, i) => 10 + 7 * i + 31 * k)),
    advantages: [1, -0.25],
  })),
  loss: "grpo",
  beta: 0.04,
  learningRate: 1e-3,
});

/** Runs something with so many bytes left on the device; it must run out. */
async function withLeft(bytes: number, use: () => Promise<unknown>, message: RegExp): Promise<void> {
  standIn().setLimit(standIn().memory().bytes + bytes);
  try {
    await assert.rejects(use(), { code: "E_OUT_OF_MEMORY", message });
  } finally {
    standIn().setLimit(0);
  }
}

const load = () => loadModel("tiny", { device: "cuda", threads: 1 });

describe("training on a device that is too small", { skip: missing ?? false }, () => {
  test("changes nothing, wherever memory runs out", async () => {
    const other = await load();
    const undisturbed = await openTrainer(other, OPTIONS);
    const wanted = [await undisturbed.step(step(other)), await undisturbed.step(step(other))];
    undisturbed.dispose();
    other.dispose();

    const model = await load();
    // The first array of values, then the last of those that a trainer holds.
    for (const bytes of [100_000, 3_000_000])
      await withLeft(
        bytes,
        () => openTrainer(model, OPTIONS),
        /planned: weights of .*GB, and for training .*GB\).* free/,
      );
    const trainer = await openTrainer(model, OPTIONS);
    const found = [];
    for (const _ of wanted) {
      for (const bytes of [100_000, 1_000_000])
        await withLeft(
          bytes,
          () => trainer.step(step(model)),
          /planned: .*activations of \d+ tokens.*\).* free/,
        );
      found.push(await clean(() => trainer.step(step(model))));
    }
    assert.deepEqual(
      found.map((one) => ({ ...one, seconds: 0 })),
      wanted.map((one) => ({ ...one, seconds: 0 })),
    );
    trainer.dispose();
    model.dispose();
  });
});
