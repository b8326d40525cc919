/** Train, stop, resume equals the uninterrupted run bit for bit, on one thread, with the real engine. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining, type TrainConfigInput, type TrainEvent, train } from "../../lib/index.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

const STEPS = 6;

async function config(out: string, more: Partial<TrainConfigInput>): Promise<TrainConfigInput> {
  return {
    model: "tiny-start",
    data: (await renderedVideos(12)).manifest,
    out,
    steps: STEPS,
    seed: 3,
    threads: 1,
    videosPerStep: 4,
    samples: 3,
    maxNewTokens: 40,
    learningRate: 3e-4,
    trainable: ["projector", "language", "motionProjector"],
    rewards: [
      { name: "format" },
      { name: "regression" },
      { name: "ranking" },
      { name: "temporal", variant: "released" },
    ],
    temporal: { perturb: true },
    checkpointEvery: 2,
    ...more,
  };
}

const checkpointFile = (run: string, name: string) =>
  readFile(join(run, "checkpoints", `step-${STEPS}`, name));

/** Events without the clock. */
async function finishedSteps(run: string): Promise<unknown[]> {
  const lines = (await readFile(join(run, "events.jsonl"), "utf8")).trim().split("\n");
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ type }) => type === "step")
    .map((event) => Object.fromEntries(Object.entries(event).filter(([key]) => !/seconds/i.test(key))));
}

/** Gives the folder of runs, of which `parts` was stopped and resumed. */
async function resumedIsUninterrupted(more: Partial<TrainConfigInput>): Promise<string> {
  const dir = await scratch();
  const whole = join(dir, "whole");
  const parts = join(dir, "parts");
  const straight = await train(await config(whole, more));
  assert.equal(straight.step, STEPS);

  const stop = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.type === "step" && event.step === 3) stop.abort();
  };
  const first = await train(await config(parts, more), { signal: stop.signal, onEvent });
  assert.deepEqual([first.stopped, first.step], [true, 3]);
  const second = await resumeTraining(parts);
  assert.deepEqual([second.stopped, second.step], [false, STEPS]);

  for (const name of ["model.safetensors", "trainer.safetensors"]) {
    assert.ok((await checkpointFile(whole, name)).equals(await checkpointFile(parts, name)), name);
  }
  const completions = (run: string) => readFile(join(run, "completions.jsonl"), "utf8");
  assert.equal(await completions(parts), await completions(whole));
  assert.deepEqual(await finishedSteps(parts), await finishedSteps(whole));
  return dir;
}

test("train, stop, resume equals the uninterrupted run bit for bit, and a longer run begins from its end", async () => {
  const dir = await resumedIsUninterrupted({});
  const model = join(dir, "parts", "checkpoints", `step-${STEPS}`);
  const longer = await train({ ...(await config(join(dir, "longer"), {})), model, steps: 1 });
  for (const made of [model, String(longer.checkpoint)]) {
    const { notice } = JSON.parse(await readFile(join(made, "vqathinker.json"), "utf8")) as {
      notice: string;
    };
    assert.match(notice, /^Trained from a checkpoint of which is said: vqathinker's tiny checkpoint is/);
  }
});

test("so with two updates by a rollout, ratios, all terms, and videos that are asked again", async () => {
  await resumedIsUninterrupted({
    loss: "dapo",
    iterations: 2,
    beta: 0.02,
    klBiasCorrection: true,
    entropyCoef: 0.01,
    topEntropyQuantile: 0.5,
    dynamicSampling: "resample",
    maskTruncated: true,
    aggregation: "normalize_then_sum",
  });
});
