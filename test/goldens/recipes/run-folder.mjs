/**
 * Records test/goldens/run-folder/: a whole run of five steps on the model without tensors, with {dir} in place of the
 * folder it was made in, and the checkpoints that a continuation begins and ends with.
 *
 *     node test/goldens/recipes/run-folder.mjs        in a checkout of commit 5d68886, built
 *
 * It says what a run folder was before a run's loop and folder knew no method, so it is never recorded again.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { train } from "../../../dist/lib/run/train.js";
import { fakeEngine, fakeState } from "../../../dist/test/helpers/fake-engine.js";

const golden = new URL("../run-folder", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "run-folder-"));
const dataset = Array.from({ length: 6 }, (_, i) => ({ video: `clip${i}-q${10 + 4 * i}.mp4`, score: 1 + 0.4 * i }));
for (const { video } of dataset) writeFileSync(join(dir, video), "");
process.chdir(dir);
const config = {
  out: "run",
  videos: ".",
  model: "fake",
  seed: 7,
  steps: 5,
  threads: 1,
  videosPerStep: 3,
  samples: 2,
  maxNewTokens: 64,
  learningRate: 0.5,
  rewards: [
    { name: "regression", variant: "released" },
    { name: "ranking", variant: "released" },
    { name: "temporal", variant: "released" },
  ],
  temporal: { perturb: true },
  checkpointEvery: 2,
};
await train(config, { dataset }, fakeEngine(fakeState(1.5)));
cpSync("run", golden, { recursive: true });
rmSync(join(golden, "checkpoints", "step-4"), { recursive: true });
for (const name of ["config.json", "events.jsonl", "completions.jsonl"])
  writeFileSync(join(golden, name), readFileSync(join(golden, name), "utf8").replaceAll(dir, "{dir}"));
