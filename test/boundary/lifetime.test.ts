/** What is alive natively: counts return to where they were, and threads may share the process. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Worker } from "node:worker_threads";
import { openTrainer } from "../../lib/index.js";
import { clipOfFrames } from "../../lib/model/clip.js";
import { nativeBinding } from "../../lib/native/load.js";
import { logits } from "../../lib/parity.js";
import type { WorkerTask } from "../helpers/engine-worker.js";
import { sampling } from "../helpers/sampling.js";
import { openSmall, type SmallModel, slotIds, smallPrompt, textIds } from "../helpers/small-model.js";

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

interface Live {
  clips: number;
  models: number;
  trainers: number;
}

/** The counts once the engine has let go of all jobs before: this one, without a clip, comes after them. */
async function live(): Promise<Live> {
  await logits(model, smallPrompt(1, { frames: 0 }));
  const { liveClips: clips, liveModels: models, liveTrainers: trainers } = nativeBinding().info();
  return { clips, models, trainers };
}

function startWorker(seed: number): Worker {
  const workerData: WorkerTask = { seed, hang: false };
  return new Worker(new URL("../helpers/engine-worker.js", import.meta.url), { workerData });
}

test("models, trainers and clips are freed when they are disposed of", async () => {
  const idle = await live();
  assert.deepEqual(idle, { clips: 0, models: 1, trainers: 0 });
  const second = await openSmall("motion");
  const trainer = await openTrainer(second, { trainable: ["language"], reference: true });
  const clip = await clipOfFrames([{ rgb: new Uint8Array(12), width: 2, height: 2 }], 56, Float64Array.of(0));
  const twin = clip.perturb(Int32Array.of(0, -1));
  const prompt = { inputIds: slotIds(1, 2, 56, true), clip: twin };
  await trainer.step({ groups: [{ prompt, completions: [textIds(1, 3)] }], loss: "sft", learningRate: 0 });
  assert.deepEqual(await live(), { clips: 2, models: 2, trainers: 1 });
  clip.dispose();
  assert.deepEqual(await live(), { clips: 1, models: 2, trainers: 1 });
  await second.logProbs({ prompt, completions: [textIds(1, 3)] });
  twin.dispose();
  trainer.dispose();
  second.dispose();
  assert.deepEqual(await live(), idle);
});

test("what is disposed of while a job uses it lives as long as the job", async () => {
  const idle = await live();
  const second = await openSmall();
  const clip = await clipOfFrames([{ rgb: new Uint8Array(12), width: 2, height: 2 }], 56, Float64Array.of(0));
  const prompt = { inputIds: slotIds(2, 1, 56), clip };
  const call = second.logProbs({ prompt, completions: [textIds(1, 30)] });
  clip.dispose();
  second.dispose();
  assert.equal((await call)[0]?.length, 30);
  assert.deepEqual(await live(), idle);
});

test("failed calls leave nothing behind", async () => {
  const idle = await live();
  const wrong = { ...smallPrompt(3), inputIds: textIds(3, 5) };
  await assert.rejects(logits(model, wrong), { name: "EngineError" });
  await assert.rejects(model.logProbs({ prompt: wrong, completions: [textIds(1, 2)] }), {
    name: "EngineError",
  });
  await assert.rejects(logits(model, { ...smallPrompt(3), frames: 7 }), { code: "E_OPTION" });
  await assert.rejects(openTrainer(model, { trainable: ["motion"] }), { name: "EngineError" });
  assert.deepEqual(await live(), idle);
});

test("several threads load the addon and compute, each as if it were alone", async () => {
  const idle = await live();
  const seeds = [1, 2, 3];
  const workers = seeds.map((seed) => startWorker(seed));
  const exits = workers.map((worker) => once(worker, "exit"));
  const answers = await Promise.all(
    workers.map(async (worker) => (await once(worker, "message"))[0] as number[][]),
  );
  for (const [i, seed] of seeds.entries()) {
    const { groups } = await model.generate(sampling(seed));
    assert.deepEqual(
      answers[i],
      groups[0]?.map(({ tokens }) => [...tokens]),
      `seed ${seed}`,
    );
  }
  assert.deepEqual(await Promise.all(exits), [[0], [0], [0]]);
  assert.deepEqual(await live(), idle);
});
