/** A number that is not finite, planted in a weight, a gradient, an update: the run stops there, names it, keeps what was good. */
import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError, type ErrorCode } from "../../lib/core/errors.js";
import { packageRoot } from "../../lib/core/package-root.js";
import {
  loadModel,
  resumeTraining,
  type TrainConfigInput,
  type TrainOptions,
  train,
} from "../../lib/index.js";
import type { Reward } from "../../lib/rewards/reward.js";
import { readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { scratch } from "../helpers/rendered.js";
import { smallRun } from "../helpers/small-run.js";

const STEPS = 4;
const NORM = "language.layers.1.norm2.weight";

async function keys(out: string, more: Partial<TrainConfigInput> = {}) {
  const small = { ...(await smallRun(out)), steps: STEPS, samples: 3, maxNewTokens: 40 };
  return { ...small, ...more } as TrainConfigInput;
}

/** Writes a NaN into the first element of the first tensor that is called so. */
async function plant(file: string, name: RegExp): Promise<string> {
  const found = (await readSafetensorsHeader(file)).tensors.find((one) => name.test(one.name));
  assert.ok(found !== undefined, `no tensor ${name} in ${file}`);
  const bytes = await readFile(file);
  bytes.set(found.dtype === "F32" ? [0, 0, 0xc0, 0x7f] : [0xc0, 0x7f], found.begin);
  await writeFile(file, bytes);
  return found.name;
}

const checkpoints = async (run: string) => (await readdir(join(run, "checkpoints")).catch(() => [])).sort();
const weights = (run: string, step: number) =>
  readFile(join(run, "checkpoints", `step-${step}`, "model.safetensors"));
const refusal = (code: ErrorCode, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof EngineError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, says);
  return true;
};

test("a weight of the model that a run begins with: the first step names it, no checkpoint is made", async () => {
  const dir = await scratch();
  const [model, run] = [join(dir, "model"), join(dir, "run")];
  await cp(join(packageRoot(), "assets", "tiny-start"), model, { recursive: true });
  await plant(join(model, "model.safetensors"), /layers\.1\.post_attention_layernorm\.weight$/);
  const named = refusal("E_NUMERIC", new RegExp(`^(step 1: )?the weight '${NORM}' is not finite`));
  await assert.rejects(train(await keys(run, { model })), named);
  assert.deepEqual(await checkpoints(run), []);

  const scorer = await loadModel(model, { threads: 1 });
  const inputIds = scorer.tokenizer.encode("Rate the quality from 1 to 5.");
  const asked = { prompts: [{ inputIds, stream: "a", samples: 1 }], maxNewTokens: 2, temperature: 0 };
  await assert.rejects(scorer.generate(asked), named);
  scorer.dispose();
});

test("a weight of the checkpoint that a run would go on from: named, and nothing is touched", async () => {
  const run = join(await scratch(), "run");
  await train(await keys(run));
  await rm(join(run, "checkpoints", `step-${STEPS}`), { recursive: true });
  const file = join(run, "checkpoints", "step-2", "trainer.safetensors");
  const name = await plant(file, /norm2\.weight$/);
  await assert.rejects(
    resumeTraining(run),
    refusal("E_FORMAT", new RegExp(`'${name.replaceAll(".", "\\.")}' holds numbers that are not finite`)),
  );
  assert.deepEqual(await checkpoints(run), ["step-2"]);
});

/** Breaks step 3; a run that goes on from the last good state equals one that nothing broke. */
async function brokenAtThree(
  broken: TrainOptions,
  sound: TrainOptions,
  says: RegExp,
  more: Partial<TrainConfigInput> = {},
): Promise<void> {
  const dir = await scratch();
  const [whole, run] = [join(dir, "whole"), join(dir, "run")];
  await train(await keys(whole, more), sound);
  await assert.rejects(train(await keys(run, more), broken), refusal("E_NUMERIC", says));
  assert.deepEqual(await checkpoints(run), ["step-2"]);
  assert.equal((await resumeTraining(run, sound)).step, STEPS);
  assert.ok((await weights(whole, STEPS)).equals(await weights(run, STEPS)));
}

test("a gradient: the step names a tensor of it, changes nothing, and is made again", async () => {
  const judge =
    (large: number): Reward =>
    ({ step, videos }) =>
      videos.map(({ answers }) => answers.map((_, k) => (step === 3 ? large : 1) * (k === 0 ? 1 : -0.5)));
  await brokenAtThree(
    { rewards: { judge: judge(1e300) } },
    { rewards: { judge: judge(1) } },
    /^step 3: the gradient of '.*' is not finite; nothing was updated$/,
    { advantage: "none" },
  );
});

test("an update: the weights that it broke are named and not saved", async () => {
  const steady = () => 3e-4;
  await brokenAtThree(
    { schedule: (step) => (step === 3 ? 1e39 : 3e-4) },
    { schedule: steady },
    /^step 4: the weight '.*' is not finite.*could not be saved: the weight '.*' is not finite/,
  );
});
