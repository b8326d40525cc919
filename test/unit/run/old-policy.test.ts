/** Runs whose answers come from the policy that the epoch began with: which weights answer, what is kept, going on. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import type { Model, StepOptions } from "../../../lib/model/types.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import type { Engine } from "../../../lib/run/engine.js";
import { OldPolicy } from "../../../lib/run/old-policy.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { type FakeState, fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
/** Six videos, two a step: an epoch has three steps. */
const dataset = [0, 1, 2, 3, 4, 5].map((i) => {
  const video = join(dir, `${i}-q${20 + 4 * i}.mp4`);
  writeFileSync(video, "");
  return { video, score: 1.5 + i / 3 };
});

function config(out: string, more: Partial<TrainConfigInput> = {}): TrainConfigInput {
  const sizes = { steps: 8, videosPerStep: 2, samples: 3, checkpointEvery: 1, learningRate: 0.3 };
  return { out: join(dir, out), model: "fake", oldPolicy: "epoch", ...sizes, ...more };
}

/** The engine with a list of the models that were opened and of those that answered, by their places in it. */
function watched(state: FakeState) {
  const [opened, answered, updates] = [[] as string[], [] as number[], [] as StepOptions[]];
  const plain = fakeEngine(state);
  const engine: Engine = {
    ...plain,
    async openModel(...given) {
      const place = opened.push(basename(given[0])) - 1;
      const model = await plain.openModel(...given);
      const generate: Model["generate"] = (options) => {
        answered.push(place);
        return model.generate(options);
      };
      return { ...model, generate };
    },
    async openTrainer(...given) {
      const trainer = await plain.openTrainer(...given);
      const step: typeof trainer.step = (options) => {
        updates.push(options);
        return trainer.step(options);
      };
      return { ...trainer, step };
    },
  };
  return { engine, opened, answered, updates };
}

const bias = (folder: string, ...place: string[]) =>
  JSON.parse(readFileSync(join(folder, ...place, "bias.json"), "utf8")) as number;
const completions = (folder: string) => readFileSync(join(folder, "completions.jsonl"), "utf8");
const kept = (folder: string) => readdirSync(join(folder, "old-policy")).sort();

test("the weights that an epoch began with answer in all its steps, and every update is held against them", async () => {
  const state = fakeState(1.5);
  const { engine, opened, answered, updates } = watched(state);
  const { run } = await train(config("whole"), { dataset }, engine);
  assert.deepEqual(opened, ["fake", "fake", "after-3", "after-6"]);
  assert.deepEqual(answered, [1, 1, 1, 2, 2, 2, 3, 3]);
  assert.deepEqual(
    updates.map(({ groups }) => groups.every(({ oldLogProbs }) => oldLogProbs !== undefined)),
    new Array(8).fill(true),
  );
  // Those of epochs that no checkpoint goes on in are gone.
  assert.deepEqual(kept(run), ["after-6"]);
  assert.equal(bias(run, "old-policy", "after-6"), bias(run, "checkpoints", "step-6"));
  assert.notEqual(bias(run, "checkpoints", "step-6"), bias(run, "checkpoints", "step-5"));
  assert.equal(state.disposed, opened.length + 1, "all models and the trainer");
});

test("by default the policy of the step answers, and no other model is opened", async () => {
  const { engine, opened, answered } = watched(fakeState(1.5));
  const { run } = await train(config("step", { oldPolicy: "step" }), { dataset }, engine);
  assert.deepEqual(opened, ["fake"]);
  assert.ok(answered.every((place) => place === 0));
  assert.equal(existsSync(join(run, "old-policy")), false);
  assert.notEqual(completions(run), completions(join(dir, "whole")));
});

for (const [stopAt, every] of [
  [2, 1],
  [3, 1],
  [5, 1],
  [7, 5],
] as const)
  test(`stopped after step ${stopAt}, with a checkpoint every ${every}, and gone on with`, async () => {
    const [state, stop, out] = [fakeState(1.5), new AbortController(), `stopped-${stopAt}-${every}`];
    const given = config(out, { checkpointEvery: every });
    const onEvent = (event: { type: string; step?: number }) => event.step === stopAt && stop.abort();
    const first = await train(given, { dataset, signal: stop.signal, onEvent }, fakeEngine(state));
    assert.deepEqual([first.step, first.stopped], [stopAt, true]);
    // As a killed run leaves it: weights of a later epoch, which are not those of this one, and a part of some.
    mkdirSync(join(first.run, "old-policy"), { recursive: true });
    for (const begin of [6, 9])
      if (begin >= stopAt) {
        mkdirSync(join(first.run, "old-policy", `after-${begin}`), { recursive: true });
        writeFileSync(join(first.run, "old-policy", `after-${begin}`, "bias.json"), "77");
      }
    const again = { ...fakeState(99), begun: 1.5 };
    await resumeTraining(first.run, { dataset }, fakeEngine(again));
    assert.equal(completions(first.run), completions(join(dir, "whole")));
    assert.equal(bias(first.run, "checkpoints", "step-8"), bias(join(dir, "whole"), "checkpoints", "step-8"));
    assert.deepEqual(kept(first.run), ["after-6"]);
  });

test("a run that lost the weights of its epoch says so, and goes on from where the epoch began", async () => {
  const [stop, out] = [new AbortController(), join(dir, "lost")];
  const onEvent = (event: { type: string; step?: number }) => event.step === 5 && stop.abort();
  const options = { dataset, signal: stop.signal, onEvent };
  await train(config("lost"), options, fakeEngine(fakeState(1.5)));
  rmSync(join(out, "old-policy"), { recursive: true });
  const copy = join(dir, "lost-copy");
  cpSync(out, copy, { recursive: true });
  await assert.rejects(resumeTraining(copy, { dataset }, fakeEngine(fakeState(99))), {
    code: "E_FORMAT",
    message:
      /old-policy.after-3: expected the weights after step 3, which answer in its epoch; they are gone/,
  });
  for (const step of [4, 5]) rmSync(join(out, "checkpoints", `step-${step}`), { recursive: true });
  await resumeTraining(out, { dataset }, fakeEngine(fakeState(99)));
  assert.equal(completions(out), completions(join(dir, "whole")));
});

test("an epoch whose first videos cannot be read begins with the weights of before", async () => {
  const [saved, from] = [[] as string[], [] as (string | null)[]];
  const old = new OldPolicy({
    run: join(dir, "alone"),
    stepsPerEpoch: 3,
    async save(to) {
      saved.push(basename(to));
      mkdirSync(to, { recursive: true });
    },
    async open(what) {
      from.push(what === null ? null : basename(what));
      return fakeModel(fakeState());
    },
  });
  await old.rewind(0, 0);
  for (const step of [1, 2, 3, 5, 6]) await old.of(step);
  assert.deepEqual([from, saved.length], [[null, "after-3"], 1]);
  old.dispose();
});

test("what the checkpoint before the newest may go on with stays", async () => {
  const out = config("before", { checkpointEvery: 4, steps: 8 });
  await train(out, { dataset }, watched(fakeState(1.5)).engine);
  // The newest is of step 8, in the epoch that began after 6; the one before, of 4, goes on in the epoch that began after 3.
  assert.deepEqual(kept(out.out), ["after-3", "after-6"]);
  rmSync(join(out.out, "checkpoints", "step-8"), { recursive: true });
  assert.equal((await resumeTraining(out.out, { dataset }, watched(fakeState()).engine)).step, 8);
});
