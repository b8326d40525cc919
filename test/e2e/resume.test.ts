/** Train, stop, resume equals the uninterrupted run bit for bit, on one thread, with the real engine. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining, type SftConfigInput, type TrainConfigInput, train } from "../../lib/index.js";
import type { RunEvent } from "../../lib/run-folder/events.js";
import { scratch } from "../helpers/rendered.js";
import { STEPS, smallRun } from "../helpers/small-run.js";

type GrpoKeys = Omit<Partial<TrainConfigInput>, "method">;
const GRPO = {
  samples: 3,
  maxNewTokens: 40,
  rewards: [
    { name: "format" },
    { name: "regression" },
    { name: "ranking" },
    { name: "temporal", variant: "released" },
  ],
  temporal: { perturb: true },
} satisfies GrpoKeys;
const REPLIES = {
  method: "sft",
  reply: "<think>It is what it is.</think><answer>{score}</answer>",
  answerWeight: 4,
} satisfies Partial<SftConfigInput>;

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

/** Trains whole, in two parts, and on from their end; gives the events of the whole. */
async function bothWays(method: GrpoKeys | typeof REPLIES): Promise<unknown[]> {
  const dir = await scratch();
  const whole = join(dir, "whole");
  const parts = join(dir, "parts");
  const begin = async (out: string, options = {}, more = {}) => {
    const config = { ...(await smallRun(out)), ...more };
    return "method" in method
      ? train({ ...config, ...method }, options)
      : train({ ...config, ...method }, options);
  };
  const straight = await begin(whole);
  assert.equal(straight.step, STEPS);

  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === "step" && event.step === 3) stop.abort();
  };
  const first = await begin(parts, { signal: stop.signal, onEvent });
  assert.deepEqual([first.stopped, first.step], [true, 3]);
  const second = await resumeTraining(parts);
  assert.deepEqual([second.stopped, second.step], [false, STEPS]);

  for (const name of ["model.safetensors", "trainer.safetensors"]) {
    assert.ok((await checkpointFile(whole, name)).equals(await checkpointFile(parts, name)), name);
  }
  const completions = (run: string) => readFile(join(run, "completions.jsonl"), "utf8");
  assert.equal(await completions(parts), await completions(whole));
  assert.deepEqual(await finishedSteps(parts), await finishedSteps(whole));

  const model = join(parts, "checkpoints", `step-${STEPS}`);
  const longer = await begin(join(dir, "longer"), {}, { model, steps: 1 });
  for (const made of [model, String(longer.checkpoint)]) {
    const { notice } = JSON.parse(await readFile(join(made, "vqathinker.json"), "utf8")) as {
      notice: string;
    };
    assert.match(notice, /^Trained from a checkpoint of which is said: vqathinker's tiny checkpoint is/);
  }
  return finishedSteps(whole);
}

test("GRPO: train, stop, resume equals the uninterrupted run bit for bit, and a longer run begins from its end", async () => {
  const steps = await bothWays(GRPO);
  assert.equal(steps.length, STEPS);
});

test("SFT: the same, and it learns", async () => {
  const losses = (await bothWays(REPLIES)).map((event) => (event as { loss: number }).loss);
  assert.ok((losses.at(-1) ?? 0) < 0.8 * (losses[0] ?? 0), losses.join(" "));
});

test("so with two updates by a rollout, ratios, all terms, and videos that are asked again", async () => {
  await bothWays({
    ...GRPO,
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

test("and with answers of the policy that the epoch began with, of two steps each", async () => {
  await bothWays({ ...GRPO, oldPolicy: "epoch", videosPerStep: 6, ratioLevel: "sequence" });
});
