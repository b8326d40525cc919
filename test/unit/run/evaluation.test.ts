/** Evaluations while a run goes on, on a model without tensors: when, of what, which is best, and when they end a run. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { checkEvaluation } from "../../../lib/run/evaluation.js";
import { resumeTraining, type TrainOptions, train } from "../../../lib/run/train.js";
import type { EvaluationEvent, RunEvent } from "../../../lib/run-folder/events.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const videos = [1, 2, 3, 4, 5].map((i) => {
  writeFileSync(join(dir, `v-q${10 * i}.mp4`), "");
  return `v-q${10 * i}.mp4`;
});
const rows = videos.map((video, i) => `${video},${i + 1}`);
writeFileSync(join(dir, "all.csv"), `video,score\n${rows.join("\n")}\n`);
let runs = 0;

const keys = (more: Partial<TrainConfigInput> = {}): TrainConfigInput => ({
  out: join(dir, `run${runs++}`),
  model: "fake",
  data: join(dir, "all.csv"),
  evalData: join(dir, "all.csv"),
  steps: 6,
  videosPerStep: 2,
  samples: 2,
  checkpointEvery: 4,
  evalEvery: 2,
  learningRate: 0,
  ...more,
});

/** Answers in training are right but for the bias; in evaluations as `said` has it for the n-th. */
async function run(
  input: TrainConfigInput,
  said: readonly (readonly number[])[] = [],
  options: TrainOptions = {},
) {
  const events: RunEvent[] = [];
  const engine = fakeEngine(fakeState());
  let evaluated = 0;
  const asked: { samples: number; temperature: number }[] = [];
  const openModel: typeof engine.openModel = async (...args) => {
    const model = await engine.openModel(...args);
    return {
      ...model,
      async generate(of) {
        const [{ samples } = { samples: 0 }] = of.prompts;
        if (of.prompts.length !== videos.length) return model.generate(of);
        asked.push({ samples, temperature: of.temperature });
        const scores = said[evaluated++] ?? videos.map((_, i) => i + 1);
        const write = (score: number, k: number) =>
          model.tokenizer.encode(score < 0 ? "none" : `<answer>${(score + 0.1 * k).toFixed(2)}</answer>`);
        const groups = of.prompts.map((_, i) =>
          Array.from({ length: samples }, (_none, k) => {
            const tokens = write(scores[i] ?? 0, k);
            return { tokens, logProbs: new Float32Array(tokens.length), stop: "end" as const };
          }),
        );
        return { groups };
      },
    };
  };
  const onEvent = (event: RunEvent) => {
    events.push(event);
    options.onEvent?.(event as never);
  };
  const given = { ...options, onEvent };
  const own = { ...engine, openModel };
  const summary =
    input.data === "resume" ? await resumeTraining(input.out, given, own) : await train(input, given, own);
  const evaluations = events.filter((event): event is EvaluationEvent => event.type === "evaluation");
  return { summary, evaluations, asked, events };
}

const [RIGHT, MIXED, WRONG] = [
  [1, 2, 3, 4, 5],
  [1, 3, 2, 4, 5],
  [5, 4, 3, 2, 1],
];

test("every so many steps and after the last, each looked-at state having its checkpoint, the best being kept", async () => {
  const input = keys({ keep: 1 });
  const { summary, evaluations, asked } = await run(input, [MIXED, RIGHT, WRONG]);
  assert.deepEqual(
    evaluations.map(({ afterStep, srcc, isBest }) => [afterStep, srcc, isBest]),
    [
      [2, 0.9, true],
      [4, 1, true],
      [6, -1, false],
    ],
  );
  assert.deepEqual(summary.best, { step: 4, srcc: 1, checkpoint: join(input.out, "checkpoints", "step-4") });
  assert.deepEqual(readdirSync(join(input.out, "checkpoints")).sort(), ["step-4", "step-6"]);
  assert.deepEqual(asked[0], { samples: 1, temperature: 0 });
  assert.deepEqual([summary.stopped, summary.because], [false, null]);
});

test("several answers to a video count by their mean; what says no score is in no measure", async () => {
  const { evaluations, asked } = await run(keys({ steps: 2, evalSamples: 3, evalTemperature: 0.5 }), [
    [1, 2, -1, 4, 4.5],
  ]);
  assert.deepEqual(asked, [{ samples: 3, temperature: 0.5 }]);
  const [{ parsed, listed, mae, srcc } = {} as EvaluationEvent] = evaluations;
  assert.deepEqual([parsed, listed, srcc], [4, 5, 1]);
  assert.ok(Math.abs((mae ?? 0) - (0.1 + 0.1 + 0.1 + 0.4) / 4) < 1e-12);
});

test("patience ends a run, and ends it again when it is gone on with; the folder says why no step follows", async () => {
  const input = keys({ patience: 2, steps: 12 });
  const { summary } = await run(input, [RIGHT, WRONG, MIXED, RIGHT]);
  assert.deepEqual([summary.step, summary.stopped, summary.best?.step], [6, false, 2]);
  assert.match(summary.because ?? "", /^no higher SRCC in 2 evaluations: that of step 2 was 1\.000$/);
  const again = await run({ ...input, data: "resume" });
  assert.deepEqual([again.summary.step, again.summary.because, again.evaluations], [6, summary.because, []]);
});

test("an evaluation that was given up is taken when the run goes on, and its events are as if it had never stopped", async () => {
  const whole = keys();
  const parts = keys();
  const told = [MIXED, WRONG, RIGHT];
  await run(whole, told);
  const stop = new AbortController();
  const onEvent: TrainOptions["onEvent"] = (event) =>
    event.type === "checkpoint" && event.afterStep === 4 && stop.abort();
  const first = await run(parts, told, { signal: stop.signal, onEvent });
  assert.deepEqual([first.summary.step, first.evaluations.length], [4, 1]);
  await run({ ...parts, data: "resume" }, told.slice(1));
  const lines = (out: string) =>
    readFileSync(join(out, "events.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EvaluationEvent)
      .filter(({ type }) => type === "evaluation")
      .map(({ seconds: _clock, ...event }) => event);
  assert.deepEqual(lines(parts.out), lines(whole.out));
  assert.equal(lines(whole.out).length, 3);
});

test("keys that do not go together, a changed list and videos that are not there are refused", async () => {
  const plain = { evalSamples: 1, evalTemperature: 0 };
  for (const [more, message] of [
    [{ patience: 2 }, /option patience: expected none without evalData, found 2/],
    [{ evalEvery: 2 }, /option evalEvery: expected none without evalData/],
    [
      { evalData: "x", evalSamples: 2 },
      /option evalTemperature: expected above 0 with several answers, found 0/,
    ],
  ] as const)
    assert.throws(() => checkEvaluation({ ...plain, ...more }, false), { code: "E_OPTION", message });
  const list = join(dir, "list.csv");
  writeFileSync(list, `video,score\n${rows[0]}\n`);
  await assert.rejects(run(keys({ evalData: list })), {
    code: "E_OPTION",
    message: /evalData: expected at least 2/,
  });
  writeFileSync(list, `video,score\n${rows[0]}\nabsent.mp4,1\n`);
  await assert.rejects(run(keys({ evalData: list })), { code: "E_MEDIA", message: /absent\.mp4/ });
  writeFileSync(list, `video,score,id\n${videos[0]},1,a\n${videos[0]},2,b\n`);
  await assert.rejects(run(keys({ evalData: list })), { code: "E_OPTION", message: /each video once/ });
  writeFileSync(list, `video,score\n${rows.join("\n")}\n`);
  const input = keys({ evalData: list, steps: 2 });
  await run(input);
  writeFileSync(list, `video,score\n${rows.slice(1).join("\n")}\n`);
  await assert.rejects(run({ ...input, data: "resume" }), { message: /evaluation list .* has changed/ });
});

test("a program gives what is evaluated: relative to its folder, known by its entries, given again by who resumes", async () => {
  const evalDataset = videos.map((video, i) => ({ video, score: i + 1 }));
  const { evalData: _listed, ...without } = keys({ evalVideos: dir, steps: 4 });
  const half = new AbortController();
  const { evaluations } = await run(without, [RIGHT], {
    evalDataset,
    signal: half.signal,
    onEvent: ({ type }: { type: string }) => type === "evaluation" && half.abort(),
  } as TrainOptions);
  assert.deepEqual(
    evaluations.map(({ listed, srcc }) => [listed, srcc]),
    [[5, 1]],
  );
  const again = (options: TrainOptions) => run({ ...without, data: "resume" }, [WRONG], options);
  await assert.rejects(again({}), {
    code: "E_OPTION",
    message: /evalDataset.*resumeTraining\(run, \{ evalDataset/,
  });
  const turned = evalDataset.map((entry) => ({ ...entry, score: 6 - entry.score }));
  await assert.rejects(again({ evalDataset: turned }), {
    message: /evaluation dataset has changed: SHA-256/,
  });
  assert.deepEqual((await again({ evalDataset })).evaluations[0]?.srcc, -1);
  const both = keys();
  await assert.rejects(run(both, [], { evalDataset }), {
    message: /evalData: expected none beside an evalDataset/,
  });
  const unnamed = evalDataset.map(({ score }) => ({ score }));
  await assert.rejects(run(without, [], { evalDataset: unnamed as never }), { message: /evalDataset\[0\]/ });
});

test("a state that hardly answers is not the best by the few answers that are left", async () => {
  // By two right ones of five SRCC is 1; with the others as the middle of the scale it is not.
  const hardly = [1, -1, -1, -1, 5];
  const { summary, evaluations } = await run(keys({ patience: 2 }), [MIXED, hardly, WRONG]);
  assert.deepEqual(
    evaluations.map(({ srcc, parsed, isBest }) => [srcc, parsed, isBest]),
    [
      [0.9, 5, true],
      [1, 2, false],
      [-1, 5, false],
    ],
  );
  assert.equal(summary.best?.step, 2);
});

test("a run that is stopped in its last evaluation is stopped: going on takes the look", async () => {
  const stop = new AbortController();
  const input = keys({ evalEvery: 6 });
  const onEvent = (event: { type: string }) => event.type === "checkpoint" && stop.abort();
  const first = await run({ ...input, checkpointEvery: 6 }, [], {
    signal: stop.signal,
    onEvent,
  } as TrainOptions);
  assert.deepEqual([first.summary.step, first.summary.stopped, first.evaluations.length], [6, true, 0]);
  const second = await run({ ...input, data: "resume" }, [RIGHT]);
  assert.deepEqual([second.summary.stopped, second.evaluations.length], [false, 1]);
});
