/** A kernel that goes wrong on the device: the call that comes to know names it, and a training step updates nothing. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { loadModel, openTrainer, type ScoringModel, type Trainer } from "../../../lib/index.js";
import { clean, POLICY_PARTS, policyStep, sampledAnswers } from "./pairs.js";
import { missing, standIn } from "./stand-in.js";

const step = (model: ScoringModel) => policyStep(model, [20]);

/** How often a call launches each of our kernels. */
async function launchesOf(use: () => Promise<unknown>): Promise<[string, number][]> {
  standIn().reset();
  await clean(use);
  return Object.entries(standIn().counts().names)
    .filter(([name]) => name.startsWith("kernel "))
    .map(([name, count]) => [name.slice("kernel ".length), count]);
}

const failure = (kernel: string) => ({
  code: "E_DEVICE",
  message: new RegExp(
    `illegal memory access.*in one of (|.*, )${kernel}(,.*)? \\(CUDA_LAUNCH_BLOCKING=1 says which\\).*updated nothing`,
  ),
});

async function train<T>(use: (model: ScoringModel, trainer: Trainer) => Promise<T>): Promise<T> {
  const model = await loadModel("tiny", { device: "cuda", threads: 1 });
  const trainer = await openTrainer(model, POLICY_PARTS);
  try {
    return await use(model, trainer);
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

describe("a kernel that goes wrong", { skip: missing ?? false }, () => {
  afterEach(() => standIn().mend());

  test("in a step, wherever it is: it is named, and nothing is updated", async () => {
    const wanted = await train(async (model, trainer) => [
      await trainer.step(step(model)),
      await trainer.step(step(model)),
    ]);
    const kernels = await train((model, trainer) => launchesOf(() => trainer.step(step(model))));
    assert.ok(kernels.length >= 8, `${kernels}`);
    await train(async (model, trainer) => {
      for (const [kernel, count] of kernels) {
        standIn().breakIn(kernel, count);
        await assert.rejects(trainer.step(step(model)), failure(kernel), kernel);
        standIn().mend();
      }
      const first = await clean(() => trainer.step(step(model)));
      const [kernel] = kernels[0] ?? [""];
      standIn().breakIn(kernel, 1);
      await assert.rejects(trainer.step(step(model)), failure(kernel));
      await assert.rejects(sampledAnswers(model), { code: "E_DEVICE" }); // a card stays as it is
      standIn().mend();
      const second = await clean(() => trainer.step(step(model)));
      assert.deepEqual(
        [first, second].map((one) => ({ ...one, seconds: 0 })),
        wanted.map((one) => ({ ...one, seconds: 0 })),
      );
    });
  });

  test("in generate: it is named, and so is a launch that a broken device does not take", async () => {
    const model = await loadModel("tiny", { device: "cuda", threads: 1 });
    const wanted = await sampledAnswers(model);
    const kernels = await launchesOf(() => sampledAnswers(model));
    assert.ok(kernels.length >= 6, `${kernels}`);
    for (const [kernel, count] of kernels) {
      standIn().breakIn(kernel, count);
      await assert.rejects(sampledAnswers(model), failure(kernel), kernel);
      standIn().mend();
    }
    assert.deepEqual(await clean(() => sampledAnswers(model)), wanted);
    model.dispose();
  });
});
