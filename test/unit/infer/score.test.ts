/** Scoring and asking on a model without tensors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { ask } from "../../../lib/infer/ask.js";
import { score } from "../../../lib/infer/score.js";
import { scoreMany } from "../../../lib/infer/score-many.js";
import type { Scorer } from "../../../lib/infer/scorer.js";
import { checkAsking, checkInferOptions, type InferOptions } from "../../../lib/infer/session.js";
import type { VideoScore } from "../../../lib/infer/video-score.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";

async function all(results: AsyncIterable<VideoScore>): Promise<VideoScore[]> {
  const list: VideoScore[] = [];
  for await (const result of results) list.push(result);
  return list;
}

test("one video: score on its scale, reasoning, frame times, what the checkpoint wants said", async () => {
  const state = fakeState();
  const { seconds, ...result } = await score(fakeModel(state), "a-q37.mp4");
  assert.deepEqual(result, {
    file: "a-q37.mp4",
    score: 3.7,
    scale: { min: 1, max: 5 },
    status: "ok",
    reasoning: "looks fine",
    answer: "3.70",
    frameTimes: [0, 0.5, 1, 1.5],
    notice: "a fake",
  });
  assert.ok(seconds >= 0);
  assert.equal(state.openClips, 0);
});

test("an answer without a score stays without one", async () => {
  const state = fakeState();
  state.write = () => "<think>hard to say</think><answer>good</answer>";
  const result = await score(fakeModel(state), "a-q37.mp4");
  assert.deepEqual(
    [result.score, result.status, result.reasoning, result.answer],
    [null, "unparsed", "hard to say", "good"],
  );
});

test("a number off the scale is no score, except to the released reading", async () => {
  const state = fakeState();
  state.write = () => "<think>odd</think><answer>1123.50</answer>";
  const plain = await score(fakeModel(state), "a-q37.mp4");
  assert.deepEqual([plain.score, plain.status, plain.answer], [null, "unparsed", "1123.50"]);
  const released = await score(fakeModel(state), "a-q37.mp4", { variant: "released" });
  assert.deepEqual([released.score, released.status], [1123.5, "ok"]);
});

test("many videos: in order, in batches, a broken one listed among the others", async () => {
  const state = fakeState();
  const files = ["a-q10.mp4", "broken.mp4", "b-q20.mp4", "c-q30.mp4", "d-q40.mp4"];
  const results = await all(scoreMany(fakeModel(state), files, { batchSize: 2 }));
  assert.deepEqual(
    results.map(({ file, score: value, status }) => [file, value, status]),
    [
      ["a-q10.mp4", 1, "ok"],
      ["broken.mp4", null, "failed"],
      ["b-q20.mp4", 2, "ok"],
      ["c-q30.mp4", 3, "ok"],
      ["d-q40.mp4", 4, "ok"],
    ],
  );
  assert.deepEqual(results[1]?.error, { code: "E_MEDIA", message: "broken.mp4: broken" });
  assert.deepEqual([state.generateCalls, state.openClips], [3, 0]);
  await assert.rejects(score(fakeModel(state), "broken.mp4"), { code: "E_MEDIA" });
});

test("a sampled answer does not depend on the batch that it is in", async () => {
  const files = ["a-q10.mp4", "b-q20.mp4", "c-q30.mp4"];
  const sampled = async (batchSize: number) =>
    (await all(scoreMany(fakeModel(fakeState()), files, { batchSize, temperature: 1, seed: 4 }))).map(
      (r) => r.score,
    );
  assert.deepEqual(await sampled(1), await sampled(3));
});

test("a scorer of one's own: its own failures are told, a judgement too few is refused", async () => {
  const numbers = [1, Number.NaN, null];
  const scorer: Scorer = {
    scale: { min: 0, max: Number.POSITIVE_INFINITY },
    open: async () => ({ frameTimes: new Float64Array(1), dispose: () => {} }),
    score: async () => numbers.map((number) => ({ number, text: null, choice: null })),
  };
  const results = await all(scoreMany(scorer, ["a", "b", "c"]));
  assert.deepEqual(
    results.map(({ score: value, status, error }) => [value, status, error?.code]),
    [
      [1, "ok", undefined],
      [null, "failed", "E_NUMERIC"],
      [null, "unparsed", undefined],
    ],
  );
  await assert.rejects(all(scoreMany(scorer, ["a", "b"])), { code: "E_OPTION", message: /length/ });
});

test("what the options alone show is refused before a video is opened", async () => {
  const state = fakeState();
  const model = fakeModel(state);
  const wrong = {
    frames: 0,
    imageSize: 0.5,
    maxNewTokens: 0,
    temperature: -1,
    topK: 0,
    topP: 0,
    batchSize: 0,
  };
  for (const [name, value] of Object.entries(wrong)) {
    const options = { [name]: value };
    const says = { code: "E_OPTION", message: new RegExp(`^option ${name}: .*found ${value}$`) };
    await assert.rejects(all(scoreMany(model, ["a-q10.mp4"], options)), says);
    if (name === "batchSize") continue;
    await assert.rejects(score(model, "a-q10.mp4", options), says);
    await assert.rejects(ask(model, "a-q10.mp4", "Why?", options), says);
  }
  const variant = "papr" as "paper";
  for (const call of [score(model, "a-q10.mp4", { variant }), ask(model, "a-q10.mp4", "Why?", { variant })])
    await assert.rejects(call, { code: "E_OPTION", message: /did you mean "paper"/ });
  await assert.rejects(score(model, "a-q10.mp4", { template: "released-test" }), /option prompt/);
  const small = fakeModel(state);
  small.slots = (_, size) => {
    throw new EngineError("E_OPTION", `option imageSize: found ${size}`);
  };
  await assert.rejects(score(small, "a-q10.mp4", { imageSize: 100 }), /imageSize: found 100/);
  await assert.rejects(ask(small, "a-q10.mp4", "Why?", { imageSize: 100 }), /imageSize: found 100/);
  assert.deepEqual(state.opened, []);
});

test("fragments are asked for by name, and what does not fit them is refused before a video is opened", async () => {
  const state = fakeState();
  const model = fakeModel(state);
  for (const [options, says] of [
    [{ sampling: "fragmets" as "fragments" }, /^option sampling: .*did you mean "fragments"/],
    [{ sampling: "fragments" }, /^option frames: .*such as 5, found 4$/],
    [{ sampling: "fragments", frames: 7 }, /^option frames: .*such as 9, found 7$/],
    [{ sampling: "fragments", frames: 5, imageSize: 56 }, null],
    [
      { sampling: "fragments", frames: 5, imageSize: 30 },
      /^option imageSize: .*fragments\.patch, 14, found 30/,
    ],
  ] as [InferOptions, RegExp | null][]) {
    if (says === null) {
      checkAsking(model, options);
      continue;
    }
    const refused = { code: "E_OPTION", message: says };
    assert.throws(() => checkAsking(model, options), refused);
    await assert.rejects(score(model, "a-q10.mp4", options), refused);
    await assert.rejects(ask(model, "a-q10.mp4", "Why?", options), refused);
    await assert.rejects(all(scoreMany(model, ["a-q10.mp4"], options)), refused);
  }
  assert.throws(() => checkInferOptions({ sampling: 3 as unknown as "uniform" }), {
    message: /^option sampling/,
  });
  assert.deepEqual(state.opened, []);
  const { score: found } = await score(model, "a-q37.mp4", { sampling: "fragments", frames: 5 });
  assert.equal(found, 3.7);
  assert.deepEqual(state.plans.at(-1), {
    frames: 5,
    size: 28,
    sampling: "fragments",
    fragments: { patch: 14, neighbours: 4, seed: 0 },
    signal: undefined,
  });
});

test("paths that are none, or no list of them, are refused with what came", async () => {
  const state = fakeState();
  const model = fakeModel(state);
  const given = (paths: unknown) => all(scoreMany(model, paths as string[]));
  const says = (message: RegExp) => ({ code: "E_OPTION", message });
  await assert.rejects(
    given("/a/b.mp4"),
    says(/^option paths: expected a list of paths, found "\/a\/b\.mp4"; .*\[path\]/),
  );
  await assert.rejects(
    given(new String("/a/b.mp4")),
    says(/^option paths: expected a list of paths, found String "\/a\/b\.mp4"; .*\[path\]/),
  );
  await assert.rejects(given(undefined), says(/^option paths: expected a list of paths, found none/));
  await assert.rejects(given({ length: 1 }), says(/^option paths: .*found \{"length":1\}/));
  await assert.rejects(given(Promise.resolve([])), says(/^option paths: .*found Promise \{\}; .*await/));
  const url = new URL("file:///a/b.mp4");
  await assert.rejects(
    given(["a-q10.mp4", url]),
    says(/^option paths\[1\]: expected a path, found URL "file:.*; .*fileURLToPath/),
  );
  await assert.rejects(given([["a.mp4"]]), says(/^option paths\[0\]: expected a path, found \["a\.mp4"\]$/));
  await assert.rejects(given([undefined]), says(/^option paths\[0\]: expected a path, found none$/));
  for (const path of [url, ["a.mp4"], 3, null]) {
    await assert.rejects(
      score(model, path as unknown as string),
      says(/^option path: expected a path, found /),
    );
    await assert.rejects(
      ask(model, path as unknown as string, "Why?"),
      says(/^option path: expected a path, found /),
    );
  }
  assert.deepEqual([state.generateCalls, state.openClips], [0, 0]);
});

test("leaving early or aborting lets go of every clip", async () => {
  const state = fakeState();
  const files = Array.from({ length: 9 }, (_, i) => `v${i}-q30.mp4`);
  for await (const _ of scoreMany(fakeModel(state), files, { batchSize: 2 })) break;
  assert.equal(state.openClips, 0);
  const controller = new AbortController();
  const reason = new Error("enough");
  state.onGenerate = () => controller.abort(reason);
  await assert.rejects(
    all(scoreMany(fakeModel(state), files, { batchSize: 2, signal: controller.signal })),
    reason,
  );
  assert.equal(state.openClips, 0);
});

test("a question of one's own", async () => {
  const state = fakeState();
  assert.deepEqual(await ask(fakeModel(state), "a-q37.mp4", "Is it sharp?"), {
    text: "<think>looks fine</think><answer>3.70</answer>",
    answer: "3.70",
  });
  state.write = () => " Yes. ";
  assert.equal((await ask(fakeModel(state), "a-q37.mp4", "Is it sharp?")).answer, "Yes.");
  await assert.rejects(ask(fakeModel(state), "a-q37.mp4", "<IMG_CONTEXT>"), { code: "E_OPTION" });
});

test("a template and the user's texts make the prompt; without them the checkpoint's do", async () => {
  const asked = async (options: InferOptions) => {
    const state = fakeState();
    await score(fakeModel(state), "a-q37.mp4", { frames: 2, ...options });
    return state.asked[0];
  };
  const { question, lead } = fakeModel(fakeState()).settings.prompt;
  const turn = (text: string) => `user\n${text}\nassistant\n`;
  assert.equal(await asked({}), turn(`${lead}Frame1: \nFrame2: \nMotion: \n${question}`));
  assert.equal(
    await asked({ template: "released-train", question: "Q?", instruction: "So." }),
    turn("Now you will receive a video:\nFrame1:\nFrame2:\nMotion Feature:\nQ? So."),
  );
  assert.equal(
    await asked({ template: "released-test", question: "Q?" }),
    turn("Now you will receive a video:Frame1: Frame2: Motion Feature: Q?"),
  );
  const state = fakeState();
  await ask(fakeModel(state), "a-q37.mp4", "Why?", {
    template: "internvl-video",
    question: "Q?",
    instruction: "So.",
    frames: 1,
  });
  assert.deepEqual(state.asked, [turn("Frame1: \nMotion Feature: \nWhy?")]);
  await assert.rejects(asked({ template: "released-test" }), { code: "E_OPTION", message: /prompt/ });
});
