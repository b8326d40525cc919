/** Whole runs on a model without tensors: what is written, what is drawn, stopping and going on. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { StepEvent, TrainEvent } from "../../../lib/grpo/event.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, type TrainOptions, train } from "../../../lib/run/train.js";
import type { Sink } from "../../../lib/run-folder/events.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const emptyFile = (name: string) => {
  writeFileSync(join(dir, name), "");
  return join(dir, name);
};
const dataset = Array.from({ length: 10 }, (_, i) => ({
  video: emptyFile(`clip${i}-q${10 + 4 * i}.mp4`),
  score: 1 + 0.4 * i,
}));
let runs = 0;

function config(more: Partial<TrainConfigInput> = {}): TrainConfigInput {
  return {
    out: join(dir, `run${runs++}`),
    model: "fake",
    steps: 8,
    videosPerStep: 4,
    samples: 3,
    maxNewTokens: 64,
    learningRate: 0.5,
    checkpointEvery: 3,
    ...more,
  };
}

async function run(input: TrainConfigInput, options: TrainOptions = {}, state = fakeState(1.5)) {
  const events: TrainEvent[] = [];
  const summary = await train(
    input,
    {
      dataset,
      ...options,
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    },
    fakeEngine(state),
  );
  return { summary, events, state };
}

const lines = (folder: string, name: string) =>
  readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
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
  const resolved = JSON.parse(readFileSync(join(summary.run, "config.json"), "utf8")) as Record<
    string,
    unknown
  >;
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

test("perturbed twins are answered in the same call, and the paper's bonus is found to teach nothing", async () => {
  const rewards = [{ name: "regression" as const }, { name: "temporal" as const }];
  const { events, state, summary } = await run(config({ rewards, temporal: { perturb: true } }));
  assert.deepEqual([state.generateCalls, state.openClips], [8, 0]);
  const warnings = events.filter((event) => event.type === "warning");
  assert.deepEqual(
    warnings.map(({ reward, afterStep }) => [reward, afterStep]),
    [["temporal", 5]],
  );
  const answers = lines(summary.run, "completions.jsonl")[0]?.["perturbed"] as unknown[];
  assert.equal(answers.length, 3);
  await assert.rejects(run(config({ rewards })), { code: "E_OPTION", message: /temporal\.perturb/ });
});

test("steps of one dataset each, as many as the epochs hold, and refused where a dataset fills none", async () => {
  const named = dataset.map((entry, i) => ({ ...entry, dataset: i < 3 ? "a" : "b" }));
  const { steps, ...more } = config({ videosPerStep: 2, epochs: 2, oneDataset: true });
  const { summary } = await run(more, { dataset: named });
  // 3 videos of a and 7 of b hold 1 and 3 steps of two.
  assert.deepEqual([steps, summary.steps], [8, 8]);
  const held = lines(summary.run, "completions.jsonl").map(({ step, id }) => [step, String(id)] as const);
  const names = new Map(named.map(({ video, dataset: name }) => [video, name]));
  for (let step = 1; step <= 8; step++) {
    const of = held.filter(([at]) => at === step).map(([, id]) => names.get(id));
    assert.equal(new Set(of).size, 1, `step ${step}`);
  }
  const refused = (input: Partial<TrainConfigInput>, list: TrainOptions["dataset"], message: RegExp) =>
    assert.rejects(run(config({ oneDataset: true, ...input }), { dataset: list }), {
      code: "E_OPTION",
      message,
    });
  await refused(
    { videosPerStep: 4 },
    named,
    /videosPerStep: expected at most 3, the videos of dataset "a" .*found 4/,
  );
  await refused(
    {},
    dataset,
    /oneDataset: expected a dataset for each video of the list, found "none for video 1 of 10"/,
  );
});

test("a perturbation of decoded frames opens its twin anew, by the run's own sampling, and lets it go", async () => {
  const rewards = [{ name: "temporal" as const, gate: "answer" as const }];
  const temporal = { perturb: true, modes: ["skip" as const], samples: 2 };
  const { state, summary } = await run(config({ steps: 2, rewards, temporal, sampling: "uniform" }));
  assert.equal(state.sampled.length, 2 * 4);
  // uniform: frames 5, 15, 25, 35 of 40.
  const firsts = new Set(state.sampled.map((order) => Number(order.split(" ")[0])));
  assert.ok([...firsts].every((frame) => frame >= 5 && frame <= 25));
  assert.ok(!state.sampled.includes("5 15 25 35"));
  assert.deepEqual([state.openClips, state.generateCalls], [0, 2]);
  assert.equal(lines(summary.run, "completions.jsonl").length, 8);
  for (const { answers, perturbed } of lines(summary.run, "completions.jsonl"))
    assert.deepEqual([(answers as unknown[]).length, (perturbed as unknown[]).length], [3, 2]);
});

test("a user's own perturbation of decoded frames is held to what a video has", async () => {
  const perturbed = (more: number) => () => (chosen: Int32Array) => chosen.map((frame) => frame + more);
  const { state } = await run(config({ steps: 1 }), { perturb: perturbed(1) });
  assert.equal(state.sampled.length, 4);
  assert.equal(new Set(state.sampled).size, 1);
  await assert.rejects(run(config({ steps: 1 }), { perturb: perturbed(40) }), {
    code: "E_OPTION",
    message: /option perturb: expected 4 whole numbers from 0 to 39 for video .*, found \d+/,
  });
  for (const [plan, found] of [
    [[0, 1, Number.NaN, 3], "NaN"],
    [[0, 1, 0.5, 3], "0.5"],
    [[0, 1, 2 ** 32 + 1, 3], "4294967297"],
    [[0, 1, "x", 3], '"x"'],
    [[0, 1], "2 of them"],
    [undefined, "none"],
    [null, "null"],
  ] as const) {
    const perturb = (() => plan) as unknown as NonNullable<TrainOptions["perturb"]>;
    await assert.rejects(
      run(config({ steps: 1 }), { perturb }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, "E_OPTION");
        assert.match(
          error.message,
          /^option perturb: expected 4 whole numbers from -1 to 3 for video .* in step 1, /,
        );
        assert.ok(error.message.includes(found), error.message);
        return true;
      },
    );
  }
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

test("a template asks the list's questions, or the prompt file's; the default one the checkpoint's", async () => {
  const prompt = join(dir, "prompt.txt");
  writeFileSync(prompt, "How good?\nSay a number.\n");
  const questions = dataset.map((entry, i) => ({ ...entry, question: `Is ${i % 2} good?` }));
  const asked = async (input: Partial<TrainConfigInput>, list: TrainOptions["dataset"]) => {
    const { state, events, summary } = await run(config({ steps: 1, videosPerStep: 10, ...input }), {
      dataset: list,
    });
    const texts = state.asked.map((text) => text.split("\n").at(-3));
    const warnings = events.flatMap((event) =>
      event.type === "warning" && event.reward === undefined ? event.message : [],
    );
    return { texts: new Set(texts), warnings, run: summary.run };
  };
  const template = "released-train";
  const listed = await asked({ template }, questions);
  assert.deepEqual(listed.texts, new Set(["Is 0 good?", "Is 1 good?"]));
  assert.match(listed.warnings.join(), /not the released prompt: .*question: .*; instruction: found none/);
  const filed = await asked({ template, prompt }, questions);
  assert.deepEqual(filed.texts, new Set(["How good? Say a number."]));
  assert.match(filed.warnings.join(), /released prompt/);
  const resolved = JSON.parse(readFileSync(join(filed.run, "config.json"), "utf8")) as object;
  assert.deepEqual({ ...resolved, template, prompt: resolve(prompt) }, resolved);
  const own = await asked({}, questions);
  assert.equal([...own.texts].join().includes("good?"), false);
  assert.deepEqual(own.warnings, [
    "the list's questions are not asked: template default asks the checkpoint's own",
  ]);
  assert.deepEqual((await asked({}, dataset)).warnings, []);

  const refused = config({ template });
  await assert.rejects(run(refused), {
    code: "E_OPTION",
    message: /prompt: expected a question.*released-train/,
  });
  assert.equal(existsSync(refused.out), false);
  await assert.rejects(run(config({ prompt: join(dir, "none.txt") })), { code: "E_FORMAT" });
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

test("a reward sees every field of its video's row", async () => {
  const row = {
    ...{ dataset: "ours", question: "How good?", reply: "Fair: 3" },
    fields: { category: "sports", second: 4 },
  };
  const seen: object[] = [];
  const look = ({ videos }: RewardBatch) =>
    videos.map(({ answers, ...video }) => {
      seen.push(video);
      return new Float64Array(answers.length);
    });
  const entry = { video: emptyFile("row-q20.mp4"), score: 2, ...row };
  await run(config({ steps: 1, videosPerStep: 1 }), { dataset: [entry], rewards: { look } });
  assert.deepEqual(seen, [{ id: entry.video, path: entry.video, target: 2, ...row }]);
});

test("a reward that empties its batch leaves the run's answers and its list as they were", async () => {
  const empty = ({ videos }: RewardBatch) => {
    const rewards = videos.map(({ answers }) => Float64Array.from(answers, ({ score }) => score ?? 0));
    for (const video of videos) {
      video.answers.length = 0;
      Object.assign(video.fields ?? {}, { category: "spoilt" });
    }
    videos.length = 0;
    return rewards;
  };
  const seen = new Set<unknown>();
  const look = ({ videos }: RewardBatch) => {
    for (const { fields } of videos) seen.add(fields?.["category"]);
    return videos.map(({ answers }) => new Float64Array(answers.length));
  };
  const rows = dataset.slice(0, 4).map((entry) => ({ ...entry, fields: { category: "sports" } }));
  const { summary, events } = await run(config({ steps: 2 }), { dataset: rows, rewards: { empty, look } });
  for (const { answers } of lines(summary.run, "completions.jsonl"))
    assert.equal((answers as unknown[]).length, 3);
  const steps = events.filter((event): event is StepEvent => event.type === "step");
  assert.deepEqual(
    steps.map(({ parsed }) => parsed),
    [1, 1],
  );
  assert.deepEqual([...seen], ["sports"]);
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

test("absent videos are refused before the run folder is made: the first ones and how many", async () => {
  const absent = Array.from({ length: 5 }, (_, i) => ({ video: join(dir, `no${i}.mp4`), score: 2 }));
  const input = config();
  await assert.rejects(run(input, { dataset: [...dataset, ...absent] }), {
    code: "E_MEDIA",
    message: /^5 of 15 videos do not exist: \S+no0\.mp4, \S+no1\.mp4, \S+no2\.mp4, and 2 more; .*videos/,
  });
  assert.equal(existsSync(input.out), false);
});

/** The label of each video as the rewards see it, and the run's configuration. */
async function targets(input: TrainConfigInput, options: TrainOptions) {
  const seen = new Map<string, number>();
  const look: NonNullable<TrainOptions["rewards"]> = [
    function seeing(batch) {
      for (const { id, target } of batch.videos) seen.set(id, target);
      return batch.videos.map(({ answers }) => new Float64Array(answers.length));
    },
  ];
  const { run: folder } = await train(input, { ...options, rewards: look }, fakeEngine(fakeState()));
  const resolved = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
  return { seen, resolved };
}

test("the label scale multiplies labels, goes with their own scale and is recorded", async () => {
  const list = join(dir, "list.jsonl");
  const line = (i: number, more: object) =>
    `${JSON.stringify({ id: `v${i}`, video: `clip${i}-q${10 + 4 * i}.mp4`, ...more })}\n`;
  writeFileSync(list, line(0, { score: 2.5 }) + line(1, { score: 4, scale: "0..5" }));
  const once = { steps: 1, videosPerStep: 2 };
  const range = { labelScale: 20, labelRange: { min: 0, max: 100 } };
  const scaled = await targets(config({ ...once, data: list, ...range }), {});
  assert.deepEqual(Object.fromEntries(scaled.seen), { v0: 3, v1: 4.2 });
  assert.deepEqual(
    [scaled.resolved["labelScale"], scaled.resolved["labelRange"], scaled.resolved["data"]],
    [20, { min: 0, max: 100 }, list],
  );
  const plain = await targets(config({ ...once, data: list }), {});
  assert.deepEqual(Object.fromEntries(plain.seen), { v0: 2.5, v1: 4.2 });
  assert.equal(plain.resolved["labelScale"], 1);
  const given = dataset.slice(0, 2).map((entry, i) => ({ ...entry, id: `g${i}` }));
  const api = await targets(config({ ...once, labelScale: 2 }), { dataset: given });
  assert.deepEqual(Object.fromEntries(api.seen), { g0: 2, g1: 2.8 });
});

test("videos are looked for in the folder that is named, for a list and for a dataset, and it is recorded", async () => {
  const other = scratchFolder();
  const list = join(other, "list.jsonl");
  writeFileSync(list, '{"video":"clip0-q10.mp4","score":2}\n');
  const once = { steps: 1, videosPerStep: 1, rewards: [{ name: "regression" as const }] };
  await assert.rejects(train(config({ ...once, data: list }), {}, fakeEngine(fakeState())), {
    code: "E_MEDIA",
    message: /^1 of 1 videos do not exist: /,
  });
  const listed = await targets(config({ ...once, data: list, videos: dir }), {});
  assert.equal(listed.resolved["videos"], dir);
  await targets(config({ ...once, videos: dir }), { dataset: [{ video: "clip0-q10.mp4", score: 2 }] });
  await assert.rejects(train(config({ ...once, data: list, videos: list }), {}, fakeEngine(fakeState())), {
    code: "E_OPTION",
    message: /videos: expected a folder, found ".*list\.jsonl"/,
  });
});

test("two videos of one id would be drawn alike: a dataset that holds them is refused", async () => {
  const [first, second, third] = dataset;
  const twice = async (list: TrainOptions["dataset"], message: RegExp) => {
    const input = config();
    await assert.rejects(run(input, { dataset: list }), { code: "E_OPTION", message });
    assert.ok(!existsSync(input.out));
  };
  assert.ok(first && second && third);
  const named = [first, { ...second, id: "same" }, { ...third, id: "same" }];
  await twice(
    named,
    /option dataset\[2\]\.id: expected an id of its own .*found "same"; dataset\[1\] has it/,
  );
  await twice([first, second, first], /dataset\[2\]\.id: .*clip0-q10\.mp4"; dataset\[0\] has it/);
});
