/** A run of before config.json said rules goes on by the first ones: warm-up, kl and what decays; a new one does not. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StepEvent } from "../../lib/grpo/event.js";
import type { Trainer, TrainerOptions } from "../../lib/model/types.js";
import type { Engine } from "../../lib/run/engine.js";
import { resumeTraining, train } from "../../lib/run/train.js";
import { fakeEngine, fakeState } from "../helpers/fake-engine.js";
import { goldenPath } from "../helpers/goldens.js";
import { recordedLines } from "../helpers/recorded-part.js";
import { scratchFolder } from "../helpers/video-files.js";

const recorded = goldenPath("run-folder-rules-1");
const dir = scratchFolder();
const run = join(dir, "run");
const dataset = Array.from({ length: 6 }, (_, i) => ({
  video: `clip${i}-q${10 + 4 * i}.mp4`,
  score: 1 + 0.4 * i,
}));
for (const { video } of dataset) writeFileSync(join(dir, video), "");
const text = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const steps = (folder: string) =>
  text(folder, "events.jsonl")
    .split("\n")
    .filter((line) => line.includes('"type":"step"'))
    .map((line) => line.replace(/"(\w*[sS]econds)":[^,}]+/g, '"$1":0'));

const asked: TrainerOptions["optimizer"][] = [];
/** Says 2 for `kl`, and for the loss's own term what the recorded engine said for both. */
function twoDivergences(): Engine {
  const plain = fakeEngine(fakeState(99));
  return {
    ...plain,
    async openTrainer(model, options) {
      asked.push(options.optimizer);
      const trainer = await plain.openTrainer(model, options);
      const step: Trainer["step"] = async (one) => {
        const metrics = await trainer.step(one);
        return { ...metrics, kl: 2, klTerm: metrics.gradNorm / 7 };
      };
      return { ...trainer, step };
    },
  };
}

test("resumed: the recorded steps, to the last digit and key", async () => {
  cpSync(recorded, run, { recursive: true });
  rmSync(join(run, "checkpoints", "step-5"), { recursive: true });
  for (const name of ["config.json", "events.jsonl", "completions.jsonl"])
    writeFileSync(join(run, name), text(recorded, name).replaceAll("{dir}", dir));
  await resumeTraining(run, { dataset }, twoDivergences());
  assert.deepEqual(recordedLines(steps(run), steps(recorded)), steps(recorded));
  assert.equal(text(run, "completions.jsonl").replaceAll(dir, "{dir}"), text(recorded, "completions.jsonl"));
  const trainer = join("checkpoints", "step-5", "trainer.json");
  assert.equal(text(run, trainer), text(recorded, trainer));
  const decays = asked.map((optimizer) => [optimizer?.weightDecay, optimizer?.decays]);
  assert.deepEqual(decays, [[0.1, "all"]]);
  assert.equal(JSON.parse(text(run, "config.json")).rules, 1);
});

test("begun anew with the same keys: the latest rules", async () => {
  const keys = JSON.parse(text(recorded, "config.json").replaceAll("{dir}", dir));
  const again = await train({ ...keys, out: join(dir, "again") }, { dataset }, twoDivergences());
  assert.equal(asked.at(-1)?.decays, "weights");
  const events = steps(again.run).map((line) => JSON.parse(line) as StepEvent);
  assert.deepEqual(
    events.map(({ learningRate, kl }) => [learningRate, kl]),
    [0, 1, 2, 3, 4].map((i) => [i / 8, 2]),
  );
});
