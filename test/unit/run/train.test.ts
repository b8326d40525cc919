/** Whole runs on a model without tensors: what is written, what is drawn, stopping and going on. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings } from "../../../lib/checkpoint/settings.js";
import type { StepEvent, TrainEvent } from "../../../lib/grpo/event.js";
import { resumeTraining, type TrainOptions } from "../../../lib/run/train.js";
import type { Sink } from "../../../lib/run-folder/events.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { config, dataset, dir, emptyFile, lines, run, stored } from "../../helpers/fake-run.js";

const stepLines = (folder: string) =>
  lines(folder, "events.jsonl")
    .filter(({ step }) => step !== undefined)
    .map(({ seconds, rolloutSeconds, updateSeconds, ...rest }) => rest);

test("a run learns, and its folder tells all of it", async () => {
  const { summary, state, events } = await run(config());
  assert.ok(Math.abs(state.bias) < 1, `bias went from 1.5 to ${state.bias}`);
  assert.deepEqual([summary.step, summary.stopped, summary.steps], [8, false, 8]);
  assert.deepEqual(
    stepLines(summary.run).map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(lines(summary.run, "events.jsonl"), JSON.parse(JSON.stringify(events)));
  assert.deepEqual((await readdir(join(summary.run, "checkpoints"))).sort(), ["step-3", "step-6", "step-8"]);
  assert.equal(summary.checkpoint, join(summary.run, "checkpoints", "step-8"));
  const resolved = stored(summary.run);
  assert.deepEqual(
    [resolved["steps"], resolved["seed"], resolved["out"], typeof resolved["threads"]],
    [8, 42, summary.run, "number"],
  );
  const completions = lines(summary.run, "completions.jsonl");
  assert.equal(completions.length, 8 * 4);
  const answers = completions[0]?.["answers"] as {
    text: string;
    score: number;
    rewards: Record<string, number>;
    advantage: number;
  }[];
  assert.equal(answers.length, 3);
  assert.match(answers[0]?.text ?? "", /<answer>/);
  assert.deepEqual(Object.keys(answers[0]?.rewards ?? {}), ["format", "regression", "ranking"]);
  assert.ok(Math.abs(answers.reduce((sum, { advantage }) => sum + advantage, 0)) < 1e-9);
});

test("each video is opened once a run, everything is let go, one generation a step", async () => {
  const { state } = await run(config());
  assert.equal(new Set(state.opened).size, state.opened.length);
  assert.deepEqual([state.openClips, state.generateCalls, state.disposed], [0, 8, 2]);
  const small = await run(config({ clipCacheMiB: 0 }));
  assert.ok(small.state.opened.length > state.opened.length);
  assert.equal(small.state.openClips, 0);
});

test("stopped and gone on is the same run, line by line", async () => {
  const straight = await run(config());
  const controller = new AbortController();
  const state = fakeState(1.5);
  const stopped = await run(
    config(),
    {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === 4) controller.abort();
      },
    },
    state,
  );
  assert.deepEqual([stopped.summary.step, stopped.summary.stopped], [4, true]);
  assert.ok(existsSync(join(stopped.summary.run, "checkpoints", "step-4", "bias.json")));
  const other = fakeState(99);
  const resumed = await resumeTraining(stopped.summary.run, { dataset }, fakeEngine(other));
  assert.equal(other.bias, straight.state.bias);
  assert.deepEqual([resumed.step, resumed.stopped], [8, false]);
  assert.deepEqual(stepLines(resumed.run), stepLines(straight.summary.run));
  assert.deepEqual(lines(resumed.run, "completions.jsonl"), lines(straight.summary.run, "completions.jsonl"));
});

test("a run that died between checkpoints makes the steps after the last one again", async () => {
  const straight = await run(config());
  const input = config();
  let power = false;
  const schedule = (step: number) => {
    if (step === 6 && !power) throw new Error("power cut");
    return 0.5 * (1 - (step - 1) / 8);
  };
  await assert.rejects(run(input, { schedule }), /power cut/);
  const state = fakeState();
  power = true;
  await resumeTraining(input.out, { dataset, schedule }, fakeEngine(state));
  assert.equal(state.bias, straight.state.bias);
  assert.deepEqual(stepLines(input.out), stepLines(straight.summary.run));
  assert.deepEqual(lines(input.out, "completions.jsonl"), lines(straight.summary.run, "completions.jsonl"));
});

test("an abort inside a rollout leaves the state of the step before", async () => {
  const controller = new AbortController();
  const state = fakeState(1.5);
  state.onGenerate = () => {
    if (state.generateCalls === 3) controller.abort(new Error("now"));
  };
  const { summary } = await run(config(), { signal: controller.signal }, state);
  assert.deepEqual([summary.step, summary.stopped, state.openClips], [2, true, 0]);
  assert.deepEqual(
    stepLines(summary.run).map(({ step }) => step),
    [1, 2],
  );
});

test("what a program gave at first it gives again, and nothing else", async () => {
  const judge =
    (of: number) =>
    ({ videos }: { videos: readonly { answers: readonly object[] }[] }) =>
      videos.map(({ answers }) => answers.map((_, k) => of * k));
  const perturb = ({ frames }: { frames: number }) => Int32Array.from({ length: frames }, (_, i) => i);
  const given: TrainOptions[] = [
    { rewards: { mine: judge(1) } },
    { rewards: { other: judge(1) } },
    { perturb },
    { schedule: () => 0.1 },
    {},
  ];
  for (const [i, first] of given.entries()) {
    const stop = new AbortController();
    const input = config({ steps: 3 });
    const onEvent = (event: { type: string }) => event.type === "step" && stop.abort();
    await run(input, { ...first, onEvent, signal: stop.signal } as TrainOptions);
    for (const [j, other] of given.entries()) {
      if (i === j) continue;
      const goOn = resumeTraining(input.out, { dataset, ...other }, fakeEngine(fakeState(1.5)));
      await assert.rejects(goOn, {
        code: "E_OPTION",
        message: /expected (what the run began with|none: the run began without)/,
      });
    }
    assert.equal(
      (await resumeTraining(input.out, { dataset, ...first }, fakeEngine(fakeState(1.5)))).step,
      3,
    );
  }
});

test("rewards, perturbation and schedule can be a user's own", async () => {
  const seen: number[] = [];
  const near = (batch: {
    videos: { target: number; answers: { score: number | null }[]; perturbed?: unknown[] }[];
  }) => {
    seen.push(batch.videos[0]?.perturbed?.length ?? 0);
    return batch.videos.map(({ target, answers }) =>
      Float64Array.from(answers, ({ score }) => -Math.abs((score ?? 0) - target)),
    );
  };
  const { events } = await run(config({ steps: 2 }), {
    rewards: [near],
    perturb: ({ frames }) => Int32Array.from({ length: frames }, () => -1),
    schedule: (step) => step / 100,
  });
  const steps = events.filter((event): event is StepEvent => event.type === "step");
  assert.deepEqual(
    steps.map(({ learningRate }) => learningRate),
    [0.01, 0.02],
  );
  assert.deepEqual(Object.keys(steps[0]?.rewards ?? {}), ["near"]);
  assert.deepEqual(seen, [3, 3]);
});

test("a video that cannot be read is left out and reported", async () => {
  const { events, summary } = await run(config({ steps: 2, videosPerStep: 5 }), {
    dataset: [...dataset.slice(1), { video: emptyFile("broken.mp4"), score: 2 }],
  });
  const skipped = events.filter((event) => event.type === "skipped");
  assert.equal(skipped.length, 1);
  assert.match(skipped[0]?.message ?? "", /broken\.mp4/);
  assert.equal(lines(summary.run, "completions.jsonl").length, 9);
});

test("sinks hear in their order, after the folder, answers before their step; the listener is the last", async () => {
  const heard: string[] = [];
  const input = config({ steps: 1 });
  const written = () =>
    existsSync(join(input.out, "events.jsonl")) && lines(input.out, "events.jsonl").length;
  const sink = (name: string): Sink => ({
    event: ({ type }) => heard.push(`${name} ${type} ${written()}`),
    completions: (answered) => heard.push(`${name} answers ${answered.length}`),
  });
  const onEvent = ({ type }: TrainEvent) => heard.push(`last ${type}`);
  await run(input, { sinks: [sink("a"), sink("b")], onEvent });
  assert.deepEqual(heard, [
    ...["a start 1", "b start 1", "last start"],
    ...["a dryCheck 2", "b dryCheck 2", "last dryCheck"],
    ...["a answers 4", "b answers 4", "a step 3", "b step 3", "last step"],
    ...["a warning 4", "b warning 4", "last warning", "a checkpoint 5", "b checkpoint 5", "last checkpoint"],
    ...["a end 6", "b end 6", "last end"],
  ]);
});

test("a folder that holds a run, and one that holds none", async () => {
  const input = config({ steps: 1 });
  await run(input);
  await assert.rejects(run(input), { code: "E_OPTION", message: /out/ });
  await assert.rejects(resumeTraining(join(dir, "nothing"), { dataset }, fakeEngine(fakeState())), {
    code: "E_FORMAT",
    message: /nothing/,
  });
});

test("a run on fragments has checkpoints that are shown them; frames that do not fit are refused before it begins", async () => {
  const whole = config({ sampling: "fragments", frames: 8 });
  await assert.rejects(run(whole), { code: "E_OPTION", message: /^option frames: .*such as 9, found 8/ });
  assert.equal(existsSync(whole.out), false);
  const { summary, state } = await run(config({ steps: 1, sampling: "fragments", frames: 9 }));
  const { checkpoint } = summary;
  if (checkpoint === null) assert.fail("a checkpoint");
  const { frames, sampling, fragments } = await readSettings(checkpoint);
  const expected = { patch: 14, neighbours: 4, seed: 0 };
  assert.deepEqual([frames, sampling, fragments], [9, "fragments", expected]);
  assert.ok(state.plans.length > 0 && state.plans.every((plan) => plan.fragments?.patch === 14));
});
