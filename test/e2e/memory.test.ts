/** A run is planned before its weights are read: told, refused with what would do, and gone on with as it was planned. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError, type RunEvent, resumeTraining, train } from "../../lib/index.js";
import { MICRO_TOKENS } from "../../lib/native/training.js";
import { cli } from "../helpers/command.js";
import { scratch } from "../helpers/rendered.js";
import { smallRun } from "../helpers/small-run.js";

const GIB = 2 ** 30;
const KEYS = { samples: 4, maxNewTokens: 200, videosPerStep: 8, steps: 2 };

const stored = async (run: string) =>
  JSON.parse(await readFile(join(run, "config.json"), "utf8")) as {
    microTokens?: number;
    microVideos?: number;
  };

async function started(run: string, events: RunEvent[], more: object = {}) {
  const config = { ...(await smallRun(run)), ...KEYS, ...more };
  await train(config, { onEvent: (event) => events.push(event) });
  const [start] = events;
  assert.ok(start?.type === "start" && start.memory !== undefined);
  return start.memory;
}

/** What the smallest micro-batches take, as the refusal of nearly no memory tells it. */
async function refusal(config: Awaited<ReturnType<typeof smallRun>>, memoryGiB: number) {
  const error: unknown = await train({ ...config, ...KEYS, memoryGiB }).then(
    () => null,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof EngineError && error.code === "E_MEMORY");
  return { message: error.message, planned: Number(error.details["plannedBytes"]) };
}

test("a run that cannot fit is refused before anything is made, with what would fit", async () => {
  const out = join(await scratch(), "run");
  const config = await smallRun(out);
  const { message, planned } = await refusal(config, 0.01);
  assert.match(message, /nothing that is tried would fit: a smaller model would$/);
  const { data, model } = config;
  const flags = ["--samples", "4", "--max-new-tokens", "200", "--videos-per-step", "8", "--steps", "2"];
  const file = join(await scratch(), "run.json");
  await writeFile(file, JSON.stringify({ model, data, out, trainable: config.trainable }));
  const gib = ((planned - 2 ** 18) / GIB).toFixed(6);
  const { code, stdout, stderr } = await cli("train", "--config", file, ...flags, "--memory-gib", gib);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^E_MEMORY: the run is planned to take [\d.]+ MiB, in an update with one video in a micro-batch,/,
  );
  assert.match(stderr, /and may take [\d.]+ MiB \(memoryGiB\); what would fit: /);
  for (const way of ["recompute true", 'dtype "bfloat16"', "beta 0", "lora with rank 16"])
    assert.match(stderr, new RegExp(`${way}[^;(]* \\([\\d.]+ MiB\\)`), way);
  for (const fewer of [/maxNewTokens 100 \(/, /samples 2 \(/, /frames 3 \(/]) assert.match(stderr, fewer);
  assert.equal(existsSync(out), false);
});

test("what it names does fit, alone or together", async () => {
  const config = await smallRun(join(await scratch(), "run"));
  const { planned } = await refusal(config, 0.01);
  const { message } = await refusal(config, (planned - 6e6) / GIB);
  assert.match(message, /what would fit: recompute true \(/);
  const { message: together } = await refusal(config, (planned - 15e6) / GIB);
  assert.match(together, /what would fit: [^;(]+, [^;(]+ \([\d.]+ MiB\)$/);
  const memoryGiB = (planned - 6e6) / GIB;
  const { step } = await train({ ...config, ...KEYS, memoryGiB, recompute: true });
  assert.equal(step, KEYS.steps);
});

test("micro-batches are chosen by the memory that a run may take, told, kept, and gone on with", async () => {
  const dir = await scratch();
  const whole = await started(join(dir, "whole"), []);
  assert.equal(whole.microTokens, MICRO_TOKENS);
  assert.equal((await stored(join(dir, "whole"))).microTokens, MICRO_TOKENS);
  // Between one video in a micro-batch and all.
  const memoryGiB = (whole.peakBytes - 0.5 * whole.update) / GIB;
  const [run, events] = [join(dir, "small"), [] as RunEvent[]];
  const small = await started(run, events, { memoryGiB });
  assert.equal(whole.microVideos, KEYS.videosPerStep);
  assert.ok(small.microVideos < whole.microVideos);
  assert.ok(small.peakBytes <= memoryGiB * GIB && small.availableBytes === memoryGiB * GIB);
  assert.equal((await stored(run)).microVideos, small.microVideos);
  await resumeTraining(run, { onEvent: (event: RunEvent) => events.push(event) });
  const again = events.findLast((event) => event.type === "start");
  assert.ok(again?.type === "start" && again.memory?.microVideos === small.microVideos);
  assert.equal((await stored(run)).microVideos, small.microVideos);
});

test("micro-batches of a configuration's own are refused where they do not fit, with those that would", async () => {
  const out = join(await scratch(), "run");
  const { planned } = await refusal(await smallRun(out), 0.01);
  const memoryGiB = (planned + 5e6) / GIB;
  const config = { ...(await smallRun(out)), ...KEYS, microTokens: MICRO_TOKENS, memoryGiB };
  await assert.rejects(train(config), { code: "E_MEMORY", message: /what would fit: microVideos \d+ \(/ });
});

test("the table stands before the first step", async () => {
  const out = join(await scratch(), "run");
  const { data, model } = await smallRun(out);
  const flags = ["--videos-per-step", "2", "--samples", "2", "--max-new-tokens", "4", "--steps", "1"];
  const { stdout } = await cli(
    "train",
    "--model",
    model,
    "--data",
    data,
    "--out",
    out,
    ...flags,
    "--threads",
    "1",
  );
  const lines = stdout.split("\n");
  const first = lines.findIndex((line) => line.startsWith("memory, as planned for the CPU:"));
  const step = lines.findIndex((line) => line.startsWith("step 1/1"));
  assert.ok(first > 0 && step > first, stdout);
  const table = lines.slice(first, step).join("\n");
  for (const kind of [
    "weights",
    "gradients",
    "optimiser's states",
    "decoded clips",
    "process",
    "rollout",
    "update",
  ])
    assert.match(table, new RegExp(`^  ${kind} +\\d+(\\.\\d\\d)? \\w+$`, "m"));
  assert.match(table, /^ {2}at most, in the update +\d+\.\d\d MiB of \d+\.\d\d GiB$/m);
  assert.match(table, /^ {2}a micro-batch +up to 2 videos, 16384 rows$/m);
});
