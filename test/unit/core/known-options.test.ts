/** A name that a call does not know is refused by that call, as the configuration refuses one: it would be ignored. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { readManifest } from "../../../lib/data/manifest.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import { ask } from "../../../lib/infer/ask.js";
import { frameScorer } from "../../../lib/infer/frame-scorer.js";
import { openJournal } from "../../../lib/infer/journal-file.js";
import { journalSubject } from "../../../lib/infer/journal-subject.js";
import { loadModel } from "../../../lib/infer/load-model.js";
import { score } from "../../../lib/infer/score.js";
import { scoreMany } from "../../../lib/infer/score-many.js";
import type { Scorer } from "../../../lib/infer/scorer.js";
import { inspectCheckpoint } from "../../../lib/inspection/inspection.js";
import { fitNiqe } from "../../../lib/measures/fit-niqe.js";
import { openClip } from "../../../lib/model/clip.js";
import type { Model } from "../../../lib/model/types.js";
import { makeRandomCheckpoint } from "../../../lib/random-checkpoint/random-checkpoint.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { openFrames } from "../../../lib/video/frames.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const video = join(dir, "a-q20.mp4");
writeFileSync(video, "");
const list = join(dir, "list.csv");
writeFileSync(list, "video,score\na-q20.mp4,2\n");
const entry = { id: "a", video, score: 2 };
const out = join(dir, "run");
const measure: Scorer = frameScorer({ scale: { min: 0, max: 1 }, score: () => assert.fail("was measured") });

const state = fakeState();
const model = fakeModel(state);
const engine = fakeEngine(state);
const tiny = shippedCheckpoint("tiny") ?? "";
const subject = await journalSubject({ dir: tiny }, {}, [video]);
const config = { out, steps: 1, videosPerStep: 1 };
async function all(given: Model | Scorer, options: object): Promise<void> {
  for await (const _ of scoreMany(given as Model, [video], options)) assert.fail("was scored");
}

const CALLS: readonly [call: (options: never) => Promise<unknown>, typo: string, near: string][] = [
  [(options) => train(config, options, engine), "reward", "rewards"],
  [(options) => resumeTraining(out, options, engine), "onEvents", "onEvent"],
  [(options) => resumeTraining(out, options, engine), "video", "videos"],
  [(options) => loadModel("tiny", options), "thread", "threads"],
  [(options) => score(model, video, options), "maxTokens", "maxNewTokens"],
  [(options) => ask(model, video, "Why?", options), "topk", "topK"],
  [(options) => all(model, options), "batchsize", "batchSize"],
  [(options) => all(measure, options), "signals", "signal"],
  [(options) => evaluate(model, [entry], options), "onprediction", "onPrediction"],
  [(options) => openClip(video, options), "sise", "size"],
  [(options) => openFrames(video, options), "frame", "frames"],
  [(options) => readManifest(list, options), "labelscale", "labelScale"],
  [(options) => inspectCheckpoint(tiny, options), "frame", "frames"],
  [(options) => makeRandomCheckpoint(out, options), "layer", "layers"],
  [(options) => fitNiqe([], options), "onfile", "onFile"],
  [(options) => openJournal(out, subject, options), "resumes", "resume"],
];

test("an unknown option is refused with the nearest known one, before anything is opened", async () => {
  for (const [call, typo, near] of CALLS) {
    await assert.rejects(call({ [typo]: 3 } as never), {
      code: "E_OPTION",
      message: `option ${typo}: no such option; did you mean ${near}?`,
      details: { option: typo, nearest: near },
    });
    await assert.rejects(
      call({ zzzzzzzzzzzz: 3 } as never),
      /^\S+ option zzzzzzzzzzzz: no such option; known here: /,
    );
  }
  assert.deepEqual([state.opened, existsSync(out)], [[], false]);
});

test("options that are no object are refused", async () => {
  for (const [call] of CALLS)
    for (const wrong of ["x", null, [], 3])
      await assert.rejects(call(wrong as never), {
        code: "E_OPTION",
        message: /^option (options|plan): expected an object, found /,
      });
});

test("how a model is asked is no option of another scorer", async () => {
  const message = /^option frames: no such option; /;
  await assert.rejects(all(measure, { frames: 3 }), { code: "E_OPTION", message });
  await assert.rejects(evaluate(measure, [entry], { frames: 3 } as never), { code: "E_OPTION", message });
});

test("every option that is known may be given as undefined", async () => {
  const names = [
    "batchSize",
    "signal",
    "journal",
    "onPrediction",
    "question",
    "instruction",
    "seed",
    "variant",
  ];
  const options = Object.fromEntries(names.map((name) => [name, undefined]));
  assert.equal((await evaluate(model, [entry], options)).parsed, 1);
  assert.equal((await readManifest(list, { videos: undefined })).length, 1);
});
