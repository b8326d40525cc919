/**
 * Part of `npm run interop`: TensorBoard's own reader on a run that was killed in the middle of an event and gone on with,
 * twice. Every step is shown once, with the value that events.jsonl has.
 */
import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { type RunEvent, resumeTraining, type SftConfigInput, train } from "../../lib/index.js";
import { renderedVideos } from "../helpers/rendered.js";
import { withFolder } from "../helpers/small-model.js";
import { python } from "./python.js";

const STEPS = 9;

/** Ends the run behind the given step. */
function endAfter(last: number): (event: RunEvent) => void {
  return (event) => {
    if (event.type === "step" && event.step === last) throw new Error("ended");
  };
}

const script = join(packageRoot(), "test", "interop", "curves.py");
await withFolder(async (root) => {
  const run = join(root, "run");
  const config: SftConfigInput = {
    method: "sft",
    data: (await renderedVideos(4)).manifest,
    reply: "<answer>{score}</answer>",
    out: run,
    steps: STEPS,
    videosPerStep: 2,
    checkpointEvery: 2,
    threads: 1,
  };
  const folder = join(run, "tensorboard");
  /** As a killed process leaves it: an event cut short, and no checkpoint of its last step. */
  const killed = (last: number) => {
    appendFileSync(join(folder, readdirSync(folder).sort().at(-1) ?? ""), Buffer.of(90, 0, 0));
    rmSync(join(run, "checkpoints", `step-${last}`), { recursive: true });
  };
  await assert.rejects(train(config, { onEvent: endAfter(3) }), /ended/);
  killed(3);
  await assert.rejects(resumeTraining(run, { onEvent: endAfter(5) }), /ended/);
  killed(5);
  await resumeTraining(run);
  assert.equal(readdirSync(folder).length, 3);
  const told = readFileSync(join(run, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step: number; loss: number })
    .filter(({ type }) => type === "step");
  const shown = JSON.parse(python(script, folder)) as Record<string, [number, number][]>;
  const expected = told.map(({ step, loss }) => [step, Math.fround(loss)]);
  assert.deepEqual(shown["train/loss"], expected);
  assert.equal(expected.length, STEPS);
  for (const [tag, points] of Object.entries(shown)) assert.equal(points.length, STEPS, tag);
  process.stdout.write(
    `TensorBoard shows ${STEPS} steps of ${Object.keys(shown).length} curves, each once\n`,
  );
});
