/** What a run tells its curves: which file, which steps, which names. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RunEvent, RunStep } from "../../../../lib/run-folder/events.js";
import { scalarsOf } from "../../../../lib/run-folder/tensorboard/scalars.js";
import { TensorBoardSink } from "../../../../lib/run-folder/tensorboard/sink.js";
import { scratchFolder } from "../../../helpers/video-files.js";

const step = (number: number, more: object = {}): RunStep => ({
  type: "step",
  step: number,
  steps: 9,
  learningRate: 0.5,
  seconds: 2,
  ...more,
});

test("numbers and numbers one level down have a tag each, by TRL's names where it has them", () => {
  const event = step(3, {
    reward: 1.5,
    learningRates: { vision: 0.25 },
    rewards: { format: 1, "my own": Number.NaN },
    varying: { format: 0.5 },
    silentGroups: 0.25,
    answerTokens: 12,
    scoreSpread: null,
    gradNorm: 2,
    words: "none",
    list: [1],
  });
  assert.deepEqual(scalarsOf(event), [
    ["train/learning_rate", 0.5],
    ["train/step_time", 2],
    ["train/reward", 1.5],
    ["train/learning_rates/vision", 0.25],
    ["train/rewards/format/mean", 1],
    ["train/rewards/my own/mean", Number.NaN],
    ["train/varying/format", 0.5],
    ["train/frac_reward_zero_std", 0.25],
    ["train/completions/mean_length", 12],
    ["train/grad_norm", 2],
  ]);
});

/** Payloads of a file's records. */
function payloads(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    found.push(bytes.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return found;
}

test("every start has a file of its own, later than all that are there, and a later one opens a session", async () => {
  const dir = join(scratchFolder(), "run", "tensorboard");
  const start = (afterStep: number): RunEvent => ({
    type: "start",
    afterStep,
    steps: 9,
    videos: 1,
    run: "r",
  });
  const first = await TensorBoardSink.open(dir);
  for (const event of [start(0), step(1), step(2)]) first.event(event as RunEvent);
  writeFileSync(join(dir, "events.out.tfevents.000041.vqathinker"), "");
  mkdirSync(join(dir, "other"));
  const second = await TensorBoardSink.open(dir);
  for (const event of [start(1), step(2), { type: "end", afterStep: 2, stopped: true }])
    second.event(event as RunEvent);
  const names = readdirSync(dir).sort();
  assert.deepEqual(
    names.slice(0, 3),
    ["000001", "000041", "000042"].map((n) => `events.out.tfevents.${n}.vqathinker`),
  );
  const events = [names[0], names[2]].map((name) => payloads(join(dir, name ?? "")));
  assert.deepEqual(
    events.map((one) => one.length),
    [3, 3],
  );
  for (const [version] of events) assert.match(version?.toString("latin1") ?? "", /brain\.Event:2$/);
  // Field 2 is the step, 7 the session, in which field 1 is START.
  assert.match(events[1]?.[1]?.toString("hex") ?? "", /10023a020801$/);
  assert.match(events[0]?.[2]?.toString("hex") ?? "", /10022a/);
  assert.match(events[0]?.[2]?.toString("latin1") ?? "", /train\/learning_rate/);
});

test("what cannot be written names the file", async () => {
  const dir = join(scratchFolder(), "tensorboard");
  const sink = await TensorBoardSink.open(dir);
  sink.event({ type: "start", afterStep: 0, steps: 1, videos: 1, run: "r" });
  const [file = ""] = readdirSync(dir).filter((name) => name.endsWith("vqathinker"));
  rmSync(join(dir, file));
  mkdirSync(join(dir, file));
  assert.throws(() => sink.event(step(1) as RunEvent), {
    code: "E_FORMAT",
    message: /tfevents.*cannot be written: it is a folder/,
  });
});
