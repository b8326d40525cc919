/** Runs that meet broken videos, and runs that end early: what is told, what is saved, where they go on. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import type { StepEvent, TrainEvent } from "../../../lib/grpo/event.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, type TrainOptions, train } from "../../../lib/run/train.js";
import { type FakeState, fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const video = (name: string, score: number) => {
  writeFileSync(join(dir, name), "");
  return { video: join(dir, name), score };
};
const good = (count: number) => Array.from({ length: count }, (_, i) => video(`${i}-q${10 + i}.mp4`, 1 + i));
const broken = (count: number) => Array.from({ length: count }, (_, i) => video(`broken${i}.mp4`, 2));
let runs = 0;

const config = (more: Partial<TrainConfigInput> = {}): TrainConfigInput => ({
  ...{ out: join(dir, `run${runs++}`), model: "fake", steps: 8, videosPerStep: 2, samples: 3 },
  ...{ learningRate: 0.5, checkpointEvery: 100, seed: 5, ...more },
});

async function run(input: TrainConfigInput, options: TrainOptions, state = fakeState(1.5)) {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    events.push(event);
    options.onEvent?.(event);
  };
  const failure = await train(input, { ...options, onEvent }, fakeEngine(state)).then(
    () => null,
    (error: unknown) => error,
  );
  const resume = (more: TrainOptions = {}, fresh = fakeState(99)) =>
    resumeTraining(input.out, { ...options, onEvent: undefined, ...more }, fakeEngine(fresh)).then(
      () => fresh,
    );
  return { events, failure, state, resume, out: input.out };
}

const told = (out: string) =>
  readFileSync(join(out, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TrainEvent);
/** What is told of each step, in order, without the clock. */
const story = (out: string) =>
  told(out).flatMap((event) => {
    if (event.type === "skipped") return [`${event.atStep} skipped ${event.video.slice(dir.length + 1)}`];
    if (event.type === "emptyStep") return [`${event.atStep} empty`];
    return event.type === "step" ? [`${event.step} rate ${event.learningRate} reward ${event.reward}`] : [];
  });
const checkpoints = (out: string) => readdir(join(out, "checkpoints"));
const stepsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is StepEvent => event.type === "step");
const fails = (state: FakeState, at: number, error: unknown) => {
  state.onGenerate = () => {
    if (state.generateCalls === at) throw error;
  };
  return state;
};

test("a broken video is told before its step begins, and the others are the step", async () => {
  const state = fakeState(1.5);
  const heard: string[] = [];
  state.onGenerate = () => heard.push("answers");
  const onEvent = ({ type }: TrainEvent) => heard.push(type);
  const dataset = [...good(3), ...broken(1)];
  const { failure, out, events } = await run(
    config({ steps: 2, videosPerStep: 4 }),
    { dataset, onEvent },
    state,
  );
  assert.equal(failure, null);
  assert.deepEqual(heard.slice(0, 6), ["start", "skipped", "answers", "dryCheck", "step", "skipped"]);
  const [skipped] = events.filter((event) => event.type === "skipped");
  assert.deepEqual([skipped?.atStep, skipped?.video], [1, join(dir, "broken0.mp4")]);
  assert.match(skipped?.message ?? "", /broken0\.mp4/);
  assert.equal(readFileSync(join(out, "completions.jsonl"), "utf8").trim().split("\n").length, 6);
});

test("one readable video beside the ranking reward ranks as 0, and a step without any is passed over", async () => {
  const straight = await run(config({ steps: 12 }), { dataset: [...good(2), ...broken(4)] });
  assert.equal(straight.failure, null);
  const steps = stepsOf(straight.events);
  const empty = straight.events.filter((event) => event.type === "emptyStep");
  assert.ok(empty.length > 0 && steps.length > 0);
  assert.deepEqual(
    [...steps.map(({ step }) => step), ...empty.map(({ atStep }) => atStep)].sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  assert.match(empty[0]?.message ?? "", /none of its 2 videos can be read/);
  const missing = (step: number) =>
    straight.events.filter((event) => event.type === "skipped" && event.atStep === step).length;
  assert.ok(steps.some(({ step }) => missing(step) === 1));
  for (const { step, rewards, learningRate } of steps) {
    assert.equal(learningRate, 0.5 * (1 - (step - 1) / 12));
    if (missing(step) === 1) assert.equal(rewards["ranking"], 0);
  }
  for (const { atStep } of empty) assert.equal(missing(atStep), 2);
  assert.deepEqual(await checkpoints(straight.out), ["step-12"]);
});

test("stopped after any step, an empty one too, the run goes on as if it had not been", async () => {
  const dataset = [...good(2), ...broken(4)];
  const straight = await run(config({ steps: 12 }), { dataset });
  for (let last = 1; last < 12; last++) {
    const stop = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (
        (event.type === "step" && event.step === last) ||
        (event.type === "emptyStep" && event.atStep === last)
      )
        stop.abort();
    };
    const parts = await run(config({ steps: 12 }), { dataset, signal: stop.signal, onEvent });
    assert.deepEqual(await checkpoints(parts.out), [`step-${last}`]);
    const gone = await parts.resume({ signal: undefined });
    assert.equal(gone.bias, straight.state.bias);
    assert.deepEqual(story(parts.out), story(straight.out));
  }
});

test("a data set without a readable video ends the run by that reason, whenever it comes to that", async () => {
  const { failure, out } = await run(config({ steps: 2 }), { dataset: broken(5) });
  assert.ok(failure instanceof EngineError);
  assert.equal(failure.code, "E_MEDIA");
  assert.match(failure.message, /none of the 5 videos can be read.*broken\d\.mp4/);
  assert.equal(story(out).filter((line) => line.startsWith("1 skipped")).length, 2);
  // Files that went away with their disk: what was learned before that is kept.
  const dataset = Array.from({ length: 12 }, (_, i) => video(`away${i}-q20.mp4`, 2));
  const state = fakeState(1.5);
  const gone = await run(
    config({ clipCacheMiB: 0 }),
    {
      dataset,
      onEvent: (event) => {
        if (event.type !== "step" || event.step !== 3) return;
        for (const entry of dataset) rmSync(entry.video);
        state.readable = () => false;
      },
    },
    state,
  );
  assert.match(String(gone.failure), /none of the 12 videos can be read/);
  // The fourth step's videos were open already.
  assert.deepEqual(await checkpoints(gone.out), ["step-4"]);
});

const early: Record<string, (state: FakeState) => { options?: TrainOptions; says: RegExp }> = {
  "a reward that throws": () => ({
    says: /no such file: weights of the reward/,
    options: {
      rewards: {
        own: ({ step, videos }) => {
          if (step === 4) throw new TypeError("no such file: weights of the reward");
          return videos.map(({ answers }) => Float64Array.from(answers, ({ score }) => -(score ?? 0)));
        },
      },
    },
  }),
  "a reward that is not a number": () => ({
    says: /E_NUMERIC|reward own is NaN/,
    options: {
      rewards: {
        own: ({ step, videos }) =>
          videos.map(({ answers }) =>
            Float64Array.from(answers, ({ score }) => (step === 4 ? Number.NaN : (score ?? 0))),
          ),
      },
    },
  }),
  "a generation that fails": (state) => {
    fails(state, 4, new EngineError("E_MEMORY", "no memory left"));
    return { says: /no memory left/ };
  },
  "a schedule that throws": () => ({
    says: /no rate/,
    options: {
      schedule: (step) => {
        if (step === 4) throw new Error("no rate");
        return 0.5;
      },
    },
  }),
  "an opening that fails otherwise": (state) => {
    const opening = state.readable;
    state.readable = (path) => {
      if (state.generateCalls === 3) throw new EngineError("E_NO_FFMPEG", "ffmpeg went away");
      return opening(path);
    };
    return { says: /ffmpeg went away/ };
  },
  "an update that is refused": (state) => {
    state.onUpdate = () => {
      if (state.generateCalls === 4) throw new EngineError("E_NUMERIC", "the loss is not finite");
    };
    return { says: /the loss is not finite/ };
  },
};

for (const [name, make] of Object.entries(early)) {
  test(`${name} ends the run with what was learned before it saved`, async () => {
    const dataset = good(6);
    const state = fakeState(1.5);
    const { options = {}, says } = make(state);
    // Nothing is kept, so that every step opens its videos.
    const input = config({ clipCacheMiB: 0 });
    const { failure, out, events } = await run(input, { dataset, ...options }, state);
    assert.match(String(failure), says);
    assert.deepEqual(await checkpoints(out), ["step-3"]);
    assert.deepEqual(events.at(-1), {
      type: "checkpoint",
      afterStep: 3,
      path: join(out, "checkpoints", "step-3"),
    });
    assert.equal(
      readFileSync(join(out, "checkpoints", "step-3", "bias.json"), "utf8"),
      readFileSync(join(out, "checkpoints", "step-3", "trainer.json"), "utf8"),
    );
    // And it goes on from there as a run that nothing befell.
    const whole = { rewards: undefined, schedule: undefined };
    const straight = await run(config({ clipCacheMiB: 0 }), { dataset, ...options, ...whole });
    if (options.rewards !== undefined || options.schedule !== undefined) return;
    const gone = fakeState(99);
    await resumeTraining(out, { dataset }, fakeEngine(gone));
    assert.equal(gone.bias, straight.state.bias);
    assert.deepEqual(story(out), story(straight.out));
  });
}

test("a listener that throws after a step: the step is saved, and told to those who still hear", async () => {
  const error = new Error("the screen is closed");
  const heard: string[] = [];
  const { failure, out } = await run(config(), {
    dataset: good(4),
    onEvent: (event) => {
      if (event.type === "step" && event.step === 3) throw error;
      heard.push(event.type);
      if (event.type === "checkpoint") throw new Error("still closed");
    },
  });
  assert.equal(failure, error);
  assert.deepEqual(await checkpoints(out), ["step-3"]);
  assert.equal(heard.at(-1), "checkpoint");
  assert.equal(told(out).at(-1)?.type, "checkpoint");
});

test("a listener whose promise is rejected ends the run as one that throws, at the last event too", async () => {
  const error = new Error("the curve's server is away");
  const rejecting = (at: TrainEvent["type"]) => async (event: TrainEvent) => {
    await Promise.resolve();
    if (event.type === at && (event.type !== "step" || event.step === 3)) throw error;
  };
  const input = config();
  const dataset = good(4);
  const onEvent = rejecting("step") as unknown as (event: TrainEvent) => void;
  await assert.rejects(train(input, { dataset, onEvent }, fakeEngine(fakeState(1.5))), error);
  assert.deepEqual(await checkpoints(input.out), ["step-4"]);
  const late = config();
  const sinks = [{ event: rejecting("end") as unknown as (event: TrainEvent) => void }];
  await assert.rejects(train(late, { dataset, sinks }, fakeEngine(fakeState(1.5))), error);
  assert.deepEqual(await checkpoints(late.out), ["step-8"]);
});

test("when saving fails too, both are told, the cause first; nothing is there by halves", async () => {
  const cause = new EngineError("E_MEMORY", "no memory left", { details: { file: "f" } });
  const state = fails(fakeState(1.5), 3, cause);
  state.onSave = () => {
    throw new Error("the disk is full");
  };
  const both = await run(config(), { dataset: good(4) }, state);
  assert.ok(both.failure instanceof EngineError);
  assert.deepEqual(
    [both.failure.code, both.failure.details, (both.failure.cause as Error).cause],
    ["E_MEMORY", { ...cause.details, step: 3 }, cause],
  );
  assert.match(both.failure.message, /^step 3: no memory left; .*could not be saved: the disk is full$/);
  assert.deepEqual(await checkpoints(both.out), []);
  const own = fails(fakeState(1.5), 3, new TypeError("x is undefined"));
  own.onSave = state.onSave;
  const { failure } = await run(config(), { dataset: good(4) }, own);
  assert.match(String(failure), /x is undefined; .*could not be saved: the disk is full/);
});

test("a save that fails is not tried again", async () => {
  const state = fakeState(1.5);
  let saves = 0;
  const full = new Error("the disk is full");
  state.onSave = () => {
    if (++saves === 2) throw full;
  };
  const { failure, out } = await run(config({ checkpointEvery: 3 }), { dataset: good(4) }, state);
  assert.deepEqual([failure, saves], [full, 2]);
  assert.deepEqual(await checkpoints(out), ["step-3"]);
  assert.ok(existsSync(join(out, "config.json")));
});
