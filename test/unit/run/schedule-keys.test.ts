/** Keys of learning rates: what has no effect or no sense is refused, steps may be a share, and a run tells its rates. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { parseConfig, parseMethod } from "../../../lib/run/config.js";
import { resumeTraining } from "../../../lib/run/train.js";
import { SCHEDULE_NAMES } from "../../../lib/train/schedule.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { config, dataset, run, stored } from "../../helpers/fake-run.js";

function refused(keys: object, message: RegExp): void {
  for (const method of ["grpo", "sft"])
    assert.throws(() => parseMethod({ out: "run", method, ...keys }), { code: "E_OPTION", message });
}

test("a setting is one of a schedule that takes it", () => {
  refused(
    { scheduleEnd: 1e-9 },
    /scheduleEnd: expected none with schedule linear, found 1e-9; it is of cosine-with-min-lr, polynomial, warmup-/,
  );
  refused({ schedule: "cosine", schedulePower: 2 }, /schedulePower: .*with schedule cosine.*of polynomial$/);
  refused({ schedule: "cosine", scheduleCycles: 2 }, /scheduleCycles: .*of cosine-with-restarts$/);
  refused({ schedule: "polynomial", scheduleTimescale: 9 }, /scheduleTimescale: .*of inverse-sqrt$/);
  refused({ schedule: "constant", scheduleDecaySteps: 9 }, /scheduleDecaySteps: .*of warmup-stable-decay$/);
});

test("one that a schedule needs is asked for", () => {
  refused(
    { schedule: "cosine-with-restarts" },
    /scheduleCycles: expected one with schedule cosine-with-res.*none/,
  );
  refused({ schedule: "cosine-with-restarts", scheduleCycles: 1 }, /scheduleCycles: expected .*at least 2/);
  refused({ schedule: "cosine-with-min-lr" }, /scheduleEnd: expected one with/);
  refused({ schedule: "warmup-stable-decay" }, /scheduleDecaySteps: expected one with/);
  const needed = { scheduleCycles: 2, scheduleEnd: 1e-7, scheduleDecaySteps: 3 };
  const takes = { 3: ["scheduleCycles"], 4: ["scheduleEnd"], 7: ["scheduleDecaySteps"] };
  for (const [i, schedule] of SCHEDULE_NAMES.entries()) {
    const keys = (takes as Record<number, (keyof typeof needed)[]>)[i] ?? [];
    const own = Object.fromEntries(keys.map((key) => [key, needed[key]]));
    assert.equal(parseConfig({ out: "run", schedule, ...own }).schedule, schedule);
  }
});

test("an end is below the peak, the default one too", () => {
  const wrong = /scheduleEnd: expected a rate below learningRate 1e-7, found 1e-7/;
  refused({ schedule: "polynomial", learningRate: 1e-7 }, wrong);
  refused({ schedule: "cosine-with-min-lr", learningRate: 1e-7, scheduleEnd: 1e-7 }, wrong);
  refused(
    { schedule: "cosine-with-min-lr", scheduleEnd: -1 },
    /scheduleEnd: expected a number of at least 0/,
  );
  const toZero = { out: "run", schedule: "polynomial", learningRate: 1e-7, scheduleEnd: 0 } as const;
  assert.equal(parseConfig(toZero).scheduleEnd, 0);
});

test("steps are whole ones or a share", () => {
  for (const key of ["warmupSteps", "scheduleDecaySteps"])
    refused(
      { [key]: 1.5 },
      new RegExp(`${key}: expected a whole number of steps, or a share of them below 1`),
    );
  refused(
    { schedule: "warmup-stable-decay", scheduleDecaySteps: 0 },
    /scheduleDecaySteps: expected .*above 0/,
  );
});

test("a part's own peak is one of a part that learns", () => {
  const trainable = ["projector", "language"];
  refused(
    { trainable, learningRates: { vision: 1e-5 } },
    /learningRates\.vision: expected none for what is not trained, found 0.00001; trainable is projector, language/,
  );
  refused({ learningRates: { adapters: 0 } }, /learningRates\.adapters: .*not trained/);
  refused({ learningRates: { visoin: 1 } }, /learningRates\.visoin: .*did you mean learningRates\.vision\?/);
  refused({ learningRates: { vision: -1 } }, /learningRates\.vision: expected a number of at least 0/);
  const own = { out: "run", trainable, learningRates: { projector: 1e-3 } };
  for (const method of ["grpo", "sft"])
    assert.deepEqual(parseMethod({ method, ...own }).learningRates, { projector: 1e-3 });
});

test("a run's steps tell the rates of its parts, and one that goes on has the same", async () => {
  const keys = { learningRates: { projector: 2, vision: 0 }, warmupSteps: 0.2, schedule: "cosine" as const };
  const told = async (more: object) => {
    const input = config({ ...keys, ...more });
    const { events } = await run(input);
    return { input, steps: events.flatMap((event) => (event.type === "step" ? [event] : [])) };
  };
  const { input, steps } = await told({});
  assert.equal(stored(input.out)["warmupSteps"], 2);
  for (const { learningRate, learningRates } of steps)
    assert.deepEqual(learningRates, { projector: 4 * learningRate, vision: 0 });
  assert.deepEqual([steps[0]?.learningRate, steps[2]?.learningRate], [0, 0.5]);
  const half = config(keys);
  const stop = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.type === "step" && event.step === 4) stop.abort();
  };
  await run(half, { signal: stop.signal, onEvent });
  const again: unknown[] = [];
  await resumeTraining(
    half.out,
    {
      dataset,
      onEvent: (event: TrainEvent) => {
        if (event.type === "step") again.push([event.step, event.learningRate, event.learningRates]);
      },
    },
    fakeEngine(fakeState(9)),
  );
  const wanted = steps.slice(4).map((event) => [event.step, event.learningRate, event.learningRates]);
  assert.deepEqual(again, wanted);
});
