/** What a run takes for its videos: a list by columns and separator that the configuration names; no predictions. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineError } from "../../../lib/core/errors.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
for (const name of ["a.mp4", "b.mp4"]) writeFileSync(join(dir, name), "");
const config = (out: string, more: Partial<TrainConfigInput>): TrainConfigInput => ({
  out: join(dir, out),
  model: "fake",
  steps: 1,
  videosPerStep: 2,
  maxNewTokens: 64,
  ...more,
});

test("columns and separator of the configuration, kept for going on", async () => {
  const data = join(dir, "labels.csv");
  writeFileSync(data, "File_name;MOS;score\na.mp4;3,5;9\nb.mp4;2,25;9\n");
  const columns = "video=File_name,score=MOS";
  await assert.rejects(train(config("no", { data }), {}, fakeEngine(fakeState())), {
    code: "E_FORMAT",
    message: /labels\.csv:1: .*--delimiter ";", and for the columns --columns video=File_name,score=…/,
  });
  const engine = fakeEngine(fakeState());
  const { run } = await train(config("run", { data, columns, delimiter: ";" }), {}, engine);
  const file = join(run, "config.json");
  const stored = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  assert.deepEqual([stored["columns"], stored["delimiter"]], [columns, ";"]);
  writeFileSync(file, JSON.stringify({ ...stored, steps: 2 }));
  await resumeTraining(run, {}, engine);
  const targets = readFileSync(join(run, "completions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { target: number }).target);
  assert.deepEqual(targets.sort(), [2.25, 2.25, 3.5, 3.5]);
  await assert.rejects(
    train(config("bad", { data, columns: "video=1,score=MOS" }), {}, engine),
    ({ code, message }: EngineError) => code === "E_OPTION" && /option columns/.test(message),
  );
});

test("an evaluation's predictions are no dataset and no list of entries", async () => {
  const entries = ["a.mp4", "b.mp4"].map((id, i) => ({ id, video: join(dir, id), score: i + 1 }));
  const { predictions } = await evaluate(fakeModel(fakeState()), entries);
  const dataset = predictions.map((prediction) => ({ ...prediction, id: prediction.video, score: 1 }));
  await assert.rejects(train(config("own", {}), { dataset }, fakeEngine(fakeState())), {
    code: "E_OPTION",
    message: /option dataset\[0\]: expected a video with its label as score, found "a prediction"/,
  });
  await assert.rejects(evaluate(fakeModel(fakeState()), dataset), {
    code: "E_OPTION",
    message: /option entries\[0\]: expected a video with its label/,
  });
});
