/** Twins of decoded frames on the tiny model: a run that goes on makes them again, to the last bit. */
import assert from "node:assert/strict";
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining, type TrainConfigInput, train } from "../../lib/index.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

test("gone on with after a step, frozen and cut copies and what is learned from them are the same", async () => {
  const dir = await scratch();
  const config: TrainConfigInput = {
    ...{ model: "tiny-start", data: (await renderedVideos(12)).manifest, out: join(dir, "straight") },
    ...{ steps: 2, threads: 1, videosPerStep: 2, samples: 2, maxNewTokens: 40, learningRate: 3e-4 },
    checkpointEvery: 1,
    rewards: [
      { name: "regression", unparsed: "drop" },
      { name: "ranking", choice: "block" },
      { name: "temporal", gate: "answer", pool: 2 },
    ],
    temporal: { perturb: true, modes: ["freeze", "skip"], samples: 3 },
  };
  const { run } = await train(config);
  const again = join(dir, "again");
  await cp(run, again, { recursive: true });
  await rm(join(again, "checkpoints", "step-2"), { recursive: true });
  await resumeTraining(again);
  for (const name of ["completions.jsonl", "checkpoints/step-2/model.safetensors"])
    assert.ok((await readFile(join(run, name))).equals(await readFile(join(again, name))), name);
  const lines = (await readFile(join(run, "completions.jsonl"), "utf8")).trim().split("\n");
  const perturbed = lines.map((line) => (JSON.parse(line) as { perturbed: unknown[] }).perturbed.length);
  assert.deepEqual(perturbed, [3, 3, 3, 3]);
});
