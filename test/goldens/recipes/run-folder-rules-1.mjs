/**
 * Records test/goldens/run-folder-rules-1/: a run of five steps on the model without tensors, with a warm-up and a KL
 * term, with {dir} in place of the folder it was made in, and the checkpoints that a continuation begins and ends with.
 *
 *     node test/goldens/recipes/run-folder-rules-1.mjs        in a checkout of commit c47eb6d, built
 *
 * It says what a run was before its config.json named rules, so it is never recorded again.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../../../dist/lib/run/train.js";
import { fakeEngine, fakeState } from "../../../dist/test/helpers/fake-engine.js";

const golden = new URL("../run-folder-rules-1", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "run-folder-"));
const dataset = Array.from({ length: 6 }, (_, i) => ({ video: `clip${i}-q${10 + 4 * i}.mp4`, score: 1 + 0.4 * i }));
for (const { video } of dataset) writeFileSync(join(dir, video), "");
process.chdir(dir);

const plain = fakeEngine(fakeState(1.5));
const engine = {
  ...plain,
  async openTrainer(model, options) {
    const trainer = await plain.openTrainer(model, options);
    return {
      ...trainer,
      async step(asked) {
        const metrics = await trainer.step(asked);
        return { ...metrics, kl: metrics.gradNorm / 7 };
      },
    };
  },
};
const config = {
  out: "run",
  videos: ".",
  model: "fake",
  seed: 11,
  steps: 5,
  threads: 1,
  videosPerStep: 3,
  samples: 2,
  maxNewTokens: 64,
  learningRate: 0.5,
  warmupSteps: 4,
  optimizer: { weightDecay: 0.1 },
  checkpointEvery: 2,
};
await train(config, { dataset }, engine);
cpSync("run", golden, { recursive: true });
rmSync(join(golden, "checkpoints", "step-4"), { recursive: true });
for (const name of ["config.json", "events.jsonl", "completions.jsonl"])
  writeFileSync(join(golden, name), readFileSync(join(golden, name), "utf8").replaceAll(dir, "{dir}"));
