/** A step's sampling and updates on a model without tensors: how often is asked and updated, by what, with which answers. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import type { StepEvent, TrainEvent } from "../../../lib/grpo/event.js";
import { together } from "../../../lib/grpo/update.js";
import type { Completion, Model, StepMetrics, StepOptions } from "../../../lib/model/types.js";
import type { Reward } from "../../../lib/rewards/reward.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const dataset = [0, 1, 2].map((i) => {
  const video = join(dir, `${i}-q${20 + 5 * i}.mp4`);
  writeFileSync(video, "");
  return { video, score: 2 + i / 2 };
});
let runs = 0;

interface Seen {
  readonly updates: StepOptions[];
  /** Streams of every prompt, call by call. */
  readonly streams: (bigint | string)[][];
  readonly logProbs: number;
  readonly steps: StepEvent[];
}

async function run(
  keys: Partial<TrainConfigInput>,
  reward: Reward,
  change: (completion: Completion, k: number) => Completion = (one) => one,
): Promise<Seen> {
  const [updates, streams, steps] = [[] as StepOptions[], [] as (bigint | string)[][], [] as StepEvent[]];
  let logProbs = 0;
  const engine = fakeEngine(fakeState(0.5));
  const openModel: typeof engine.openModel = async (...given) => {
    const model = await engine.openModel(...given);
    const generate: Model["generate"] = async (options) => {
      streams.push(options.prompts.map(({ stream }) => stream));
      const { groups } = await model.generate(options);
      return { groups: groups.map((group) => group.map(change)) };
    };
    const ask: Model["logProbs"] = async ({ completions }) => {
      logProbs++;
      return completions.map((one) => new Float32Array("tokens" in one ? one.tokens.length : one.length));
    };
    return { ...model, generate, logProbs: ask };
  };
  const openTrainer: typeof engine.openTrainer = async (...given) => {
    const trainer = await engine.openTrainer(...given);
    const step: typeof trainer.step = async (options) => {
      updates.push(options);
      return { ...(await trainer.step(options)), loss: updates.length, clipLowLeast: updates.length };
    };
    return { ...trainer, step };
  };
  const base = { out: join(dir, `run${runs++}`), model: "fake", videosPerStep: 3, samples: 2, steps: 1 };
  const onEvent = (event: TrainEvent) => event.type === "step" && steps.push(event);
  const options = { dataset, rewards: { own: reward }, onEvent };
  await train({ ...base, ...keys }, options, { ...engine, openModel, openTrainer });
  return { updates, streams, logProbs, steps };
}

/** One of two answers is better, but for the videos whose place is named. */
const varied =
  (silent: readonly number[], from = 0): Reward =>
  ({ videos, step }) =>
    videos.map((_, i) => Float64Array.of(1, silent.includes(i) && step > from ? 1 : 0));

test("one update by a rollout, with ratio 1, asks for no log-probabilities", async () => {
  const { updates, logProbs } = await run({}, varied([]));
  assert.equal(updates.length, 1);
  assert.equal(logProbs, 0);
  assert.deepEqual(
    updates[0]?.groups.map(({ oldLogProbs, masked }) => [oldLogProbs, masked]),
    [0, 1, 2].map(() => [undefined, undefined]),
  );
});

test("several updates by a rollout: later ones are held against the policy that sampled", async () => {
  const { updates, streams, logProbs, steps } = await run({ iterations: 3, steps: 2 }, varied([]));
  assert.deepEqual([updates.length, streams.length, logProbs], [6, 2, 6]);
  assert.deepEqual(
    updates.map(({ groups }) => groups.map(({ oldLogProbs }) => oldLogProbs?.length ?? 0)),
    [0, 2, 2, 0, 2, 2].map((count) => [count, count, count]),
  );
  // A step tells the mean over its updates, and of least values the least.
  assert.deepEqual(
    steps.map(({ loss, clipLowLeast }) => [loss, clipLowLeast]),
    [
      [2, 1],
      [5, 4],
    ],
  );
});

test("a run that is stopped amid a step's updates makes them all, and goes on as if it had not stopped", async () => {
  const reward = varied([]);
  const config = { model: "fake", videosPerStep: 3, samples: 2, steps: 3, iterations: 2, learningRate: 0.5 };
  const options = { dataset, rewards: { own: reward } };
  const finished = async (out: string, stopAt: number) => {
    const [state, stop] = [fakeState(1.5), new AbortController()];
    let updates = 0;
    state.onUpdate = () => {
      if (++updates === stopAt) stop.abort();
    };
    const first = await train({ ...config, out }, { ...options, signal: stop.signal }, fakeEngine(state));
    if (!first.stopped) return state.bias;
    // In the first update of the second step.
    assert.deepEqual([first.step, updates], [2, 4]);
    const again = fakeState(99);
    await resumeTraining(out, options, fakeEngine(again));
    return again.bias;
  };
  const whole = await finished(join(dir, "whole"), 0);
  assert.equal(await finished(join(dir, "parts"), 3), whole);
});

test("an update that fails after the step's first leaves the last checkpoint, and no half step", async () => {
  for (const [checkpointEvery, kept, told] of [
    [1, ["step-1"], /^step 2: the loss is not finite; nothing was updated$/],
    [3, [], /; .*could not be saved: step 2 changed the weights and did not finish/],
  ] as const) {
    const [state, out] = [fakeState(1.5), join(dir, `broken${checkpointEvery}`)];
    let updates = 0;
    state.onUpdate = () => {
      if (++updates === 4) throw new EngineError("E_NUMERIC", "the loss is not finite; nothing was updated");
    };
    const config = {
      out,
      model: "fake",
      videosPerStep: 3,
      samples: 2,
      steps: 3,
      iterations: 2,
      checkpointEvery,
    };
    const begun = train(config, { dataset, rewards: { own: varied([]) } }, fakeEngine(state));
    await assert.rejects(begun, { code: "E_NUMERIC", message: told });
    const folder = join(out, "checkpoints");
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], kept);
  }
});

test("groups that teach nothing are kept, or left out, unless none is left", async () => {
  const kept = await run({}, varied([1]));
  assert.deepEqual([kept.updates[0]?.groups.length, kept.steps[0]?.dropped], [3, 0]);
  const left = await run({ dynamicSampling: "drop" }, varied([1]));
  assert.deepEqual([left.updates[0]?.groups.length, left.steps[0]?.dropped], [2, 1]);
  assert.deepEqual(
    left.updates[0]?.groups.map(({ prompt }) => (prompt as { stream?: unknown }).stream),
    [0, 2].map((i) => left.streams[0]?.[i]),
  );
  const none = await run({ dynamicSampling: "drop" }, varied([0, 1, 2]));
  assert.deepEqual([none.updates[0]?.groups.length, none.steps[0]?.dropped], [3, 0]);
});

test("rewards that cancel in their sum teach where each is measured alone", async () => {
  const rewards = {
    up: (({ videos }) => videos.map(() => Float64Array.of(1, 0))) as Reward,
    down: (({ videos }) => videos.map((_, i) => Float64Array.of(i === 2 ? 5 : 0, i === 2 ? 5 : 1))) as Reward,
  };
  const of = async (aggregation: "sum_then_normalize" | "normalize_then_sum", name: string = aggregation) => {
    const steps: StepEvent[] = [];
    const config = {
      model: "fake",
      videosPerStep: 3,
      samples: 2,
      steps: 1,
      dynamicSampling: "drop",
    } as const;
    const onEvent = (event: TrainEvent) => event.type === "step" && steps.push(event);
    const out = join(dir, name);
    await train({ ...config, out, aggregation }, { dataset, rewards, onEvent }, fakeEngine(fakeState()));
    return steps[0]?.dropped;
  };
  assert.equal(await of("sum_then_normalize"), 2);
  assert.equal(await of("normalize_then_sum"), 0);
  // What is only measured makes no difference, and the third group is told apart by nothing else.
  (rewards.up as { weight?: number }).weight = 0;
  assert.equal(await of("normalize_then_sum", "measured"), 1);
});

test("or their videos are asked again, so often at most, by other streams", async () => {
  let asked = 0;
  // The second video varies from the third time on, the third never.
  const reward: Reward = ({ videos }) => {
    asked++;
    return videos.map((_, i) => Float64Array.of(1, (i === 1 && asked < 3) || i === 2 ? 1 : 0));
  };
  const { updates, streams, steps } = await run({ dynamicSampling: "resample", resampleRounds: 4 }, reward);
  assert.deepEqual(
    streams.map((call) => call.length),
    [3, 2, 2, 1, 1],
  );
  assert.equal(new Set(streams.flat()).size, 9);
  assert.deepEqual([steps[0]?.resampled, steps[0]?.dropped, updates[0]?.groups.length], [6, 1, 2]);
  // The answers that were kept are the last ones.
  const used = updates[0]?.groups.map(({ completions }) => completions[0]);
  assert.equal(used?.length, 2);
});

test("cut answers are masked where the run says so, and told in any case", async () => {
  const cut = (one: Completion, k: number) => (k === 1 ? { ...one, stop: "length" as const } : one);
  const plain = await run({}, varied([]), cut);
  assert.equal(plain.updates[0]?.groups[0]?.masked, undefined);
  const { updates, steps } = await run({ maskTruncated: true }, varied([]), cut);
  assert.deepEqual(
    updates[0]?.groups.map(({ masked }) => masked),
    [0, 1, 2].map(() => [false, true]),
  );
  for (const [event] of [plain.steps, steps]) {
    assert.equal(event?.truncated, 0.5);
    assert.ok(
      (event?.endedTokens ?? 0) > 0 && (event?.endedTokensMost ?? 0) <= (event?.answerTokensMost ?? 0),
    );
  }
  const all = await run({}, varied([]), (one) => ({ ...one, stop: "length" }));
  assert.deepEqual([all.steps[0]?.truncated, all.steps[0]?.endedTokensMost], [1, 0]);
});

test("what several updates measured: means, extremes, and all seconds", () => {
  const one = { loss: 1, clipLowLeast: 0.2, clipHighMost: 0.1, seconds: 2, ratio: 1 } as StepMetrics;
  const other = { ...one, loss: 3, clipLowLeast: 0.1, clipHighMost: 0.4, seconds: 3, ratio: 2 };
  const { loss, clipLowLeast, clipHighMost, seconds, ratio } = together([one, other]);
  assert.deepEqual([loss, clipLowLeast, clipHighMost, seconds, ratio], [2, 0.1, 0.4, 5, 1.5]);
});
