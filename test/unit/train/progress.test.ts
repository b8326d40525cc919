/** Weights between two steps are never saved as those of a step, whoever calls the trainer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StepMetrics, StepOptions, Trainer } from "../../../lib/model/types.js";
import { CountedTrainer } from "../../../lib/train/counted-trainer.js";
import { Progress } from "../../../lib/train/progress.js";

const options = { groups: [], loss: "grpo", learningRate: 1 } satisfies StepOptions;

function begun(step: () => Promise<StepMetrics>) {
  const inner: Trainer = { step, save: async () => {}, load: async () => {}, dispose: () => {} };
  const trainer = new CountedTrainer(inner);
  const saved: number[] = [];
  const save = async (at: number) => {
    saved.push(at);
    return `step-${at}`;
  };
  return {
    trainer,
    saved,
    progress: new Progress({ afterStep: 2, sinks: [], save, updates: () => trainer.updates }),
  };
}

test("after an update whose step did not finish nothing is saved, and that is said behind the cause", async () => {
  const { trainer, saved, progress } = begun(async () => ({}) as StepMetrics);
  await trainer.step(options);
  progress.finish();
  await trainer.step(options);
  const cause = new Error("measured nothing");
  const thrown = await progress.rescue(cause);
  assert.match(String(thrown), /measured nothing; .*could not be saved: step 4 changed the weights/);
  assert.deepEqual((thrown as AggregateError).errors[0], cause);
  await assert.rejects(progress.save(), { code: "E_INTERNAL", message: /step 4 changed the weights/ });
  assert.deepEqual(saved, []);
});

test("nor while an update is under way; a refused one has changed nothing", async () => {
  let refuse = (_: Error) => {};
  const { trainer, saved, progress } = begun(() => new Promise((_, reject) => (refuse = reject)));
  progress.finish();
  const update = trainer.step(options);
  await assert.rejects(progress.save(), { code: "E_INTERNAL" });
  refuse(new Error("not finite"));
  await assert.rejects(update, /not finite/);
  await progress.save();
  assert.deepEqual([saved, progress.checkpoint, progress.step], [[3], "step-3", 3]);
});

test("what is saved is not saved again, and nothing new is nothing to save", async () => {
  const { saved, progress } = begun(async () => ({}) as StepMetrics);
  await progress.save();
  const cause = new Error("at once");
  assert.equal(await progress.rescue(cause), cause);
  progress.finish();
  await progress.save();
  await progress.save();
  assert.equal(await progress.rescue(cause), cause);
  assert.deepEqual(saved, [3]);
});

test("whatever was thrown, nothing at all too: finished steps are saved before it goes on", async () => {
  const causes = [undefined, null, false, "", Symbol("s"), Object.create(null) as object];
  for (const cause of causes) {
    const { saved, progress } = begun(async () => ({}) as StepMetrics);
    progress.finish();
    assert.equal(await progress.rescue(cause), cause);
    assert.deepEqual(saved, [3]);
  }
});

test("whatever was thrown, why nothing could be saved is told behind it", async () => {
  for (const [cause, told] of [
    [undefined, "none"],
    [Symbol("s"), "Symbol(s)"],
    [Object.create(null) as object, "{}"],
    ["text", '"text"'],
  ] as const) {
    const full = new Error("disk full");
    const save = () => Promise.reject(full);
    const progress = new Progress({ afterStep: 2, sinks: [], save, updates: () => 0 });
    progress.finish();
    const thrown = (await progress.rescue(cause)) as AggregateError;
    assert.equal(
      thrown.message,
      `${told}; what was learned since the last checkpoint could not be saved: disk full`,
    );
    assert.deepEqual(thrown.errors, [cause, full]);
  }
});
