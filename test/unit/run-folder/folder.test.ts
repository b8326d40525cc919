/** Run folders of before the loop and the folder knew no method, and of before there were rules: they go on bit for bit. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StepEvent } from "../../../lib/grpo/event.js";
import type { Trainer, TrainerOptions } from "../../../lib/model/types.js";
import type { TrainConfig } from "../../../lib/run/config.js";
import type { Engine } from "../../../lib/run/engine.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
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

/** A copy of the recording, gone on with from its step 2. */
async function goneOn(recorded: string, out: string, engine: Engine): Promise<string> {
  const run = join(dir, out);
  cpSync(recorded, run, { recursive: true });
  rmSync(join(run, "checkpoints", "step-5"), { recursive: true });
  for (const name of ["config.json", "events.jsonl", "completions.jsonl"])
    writeFileSync(join(run, name), text(recorded, name).replaceAll("{dir}", dir));
  const config = text(run, "config.json");
  const summary = await resumeTraining(run, { dataset }, engine);
  assert.deepEqual([summary.step, summary.steps, summary.stopped], [5, 5, false]);
  assert.equal(text(run, "config.json"), config);
  return run;
}

function assertSame(run: string, recorded: string): void {
  assert.deepEqual(steps(run), steps(recorded));
  assert.equal(steps(run).length, 5);
  assert.equal(text(run, "completions.jsonl").replaceAll(dir, "{dir}"), text(recorded, "completions.jsonl"));
  const trainer = join("checkpoints", "step-5", "trainer.json");
  assert.equal(text(run, trainer), text(recorded, trainer));
}

test("steps after the last checkpoint are made again as they were, to the last digit and key", async () => {
  const recorded = goldenPath("run-folder");
  assertSame(await goneOn(recorded, "run", fakeEngine(fakeState(99))), recorded);
});

test("a run whose config.json names no rules goes on by the first: warm-up, kl and what decays", async () => {
  const recorded = goldenPath("run-folder-rules-1");
  const plain = fakeEngine(fakeState(99));
  const asked: TrainerOptions["optimizer"][] = [];
  const engine: Engine = {
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
  assertSame(await goneOn(recorded, "rules-1", engine), recorded);
  assert.deepEqual(
    asked.map((optimizer) => [optimizer?.weightDecay, optimizer?.decays]),
    [[0.1, "all"]],
  );

  const { out, ...config } = JSON.parse(text(join(dir, "rules-1"), "config.json")) as TrainConfig;
  const anew = await train({ ...config, out: join(dir, "rules-2") }, { dataset }, engine);
  assert.equal(asked[1]?.decays, "weights");
  const events = steps(anew.run).map((line) => JSON.parse(line) as StepEvent);
  assert.deepEqual(
    events.map(({ learningRate, kl }) => [learningRate, kl]),
    [0, 1, 2, 3, 4].map((i) => [i / 8, 2]),
  );
});
