/** A second method, with a key of its own, through the same loop, sinks, checkpoints and resume. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { EngineError } from "../../../lib/core/errors.js";
import { parseKeys } from "../../../lib/run/config.js";
import type { Engine } from "../../../lib/run/engine.js";
import { runKeys } from "../../../lib/run/keys.js";
import { type RunOptions, resumeRun, startRun } from "../../../lib/run/run.js";
import type { Sink } from "../../../lib/run-folder/events.js";
import { RunFolder } from "../../../lib/run-folder/folder.js";
import type { PreparedMethod } from "../../../lib/train/method.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const schema = z.strictObject({ ...runKeys, margin: z.number().default(1) });

const GIVEN = { rollout: false, samples: 2, maxNewTokens: 20, twinSamples: 0, twinsDecoded: false };

/** Prefers the list's own reply to an answer of 0. */
const preference = (margin: number): PreparedMethod<{ readonly loss: number }> => ({
  labels: "scores",
  reference: false,
  answers: () => GIVEN,
  begin: ({ model, trainer, inputIds }) => ({
    async step({ step, videos, learningRate }) {
      const groups = videos.map(({ video, clip }) => ({
        prompt: { inputIds: inputIds(video), clip },
        completions: ["<answer>0</answer>", video.reply ?? ""].map(model.tokenizer.encode),
        advantages: [-margin, margin],
      }));
      const { loss } = await trainer.step({ groups, loss: "grpo", learningRate });
      return { measures: { loss }, completions: videos.map(({ video: { id } }) => ({ step, id })) };
    },
    watch: ({ step, loss }) => (step === 2 ? [{ message: `loss ${loss}` }] : []),
  }),
});

const dir = scratchFolder();
const start = (out: string, options: RunOptions<{ readonly loss: number }>) => {
  const keys = { out: join(dir, out), steps: 6, videosPerStep: 2, checkpointEvery: 4, margin: 0.3 };
  return startRun(parseKeys(schema, keys), preference(0.3), options, fakeEngine(fakeState()));
};

test("stopped and gone on, it is the run that never stopped", async () => {
  const entry = (i: number) => ({ video: join(dir, `${i}`), score: i + 1, reply: `<answer>${i}</answer>` });
  const dataset = [0, 1, 2, 3, 4].map(entry);
  for (const { video } of dataset) writeFileSync(video, "");
  await start("whole", { dataset });
  const [heard, stop] = [[] as string[], new AbortController()];
  const ear: Sink = { event: ({ type }) => heard.push(type) };
  const hand: Sink = { event: (event) => event.type === "step" && event.step === 3 && stop.abort() };
  await start("parts", { dataset, sinks: [ear, hand], signal: stop.signal });
  const { folder, config } = await RunFolder.open(join(dir, "parts"));
  const keys = parseKeys(schema, config);
  await resumeRun(folder, keys, preference(keys.margin), { dataset, sinks: [ear] }, fakeEngine(fakeState(9)));
  const first = "start,step,step,warning,step,checkpoint,end";
  assert.equal(heard.join(), `${first},start,step,checkpoint,step,step,checkpoint,end`);
  for (const name of ["completions.jsonl", "checkpoints/step-6/trainer.json"]) {
    const [whole, parts] = ["whole", "parts"].map((run) => readFileSync(join(dir, run, name), "utf8"));
    assert.equal(parts, whole);
  }
});

test("a start that fails leaves no folder behind, and what the folder forbids is said before anything is loaded", async () => {
  const loads: string[] = [];
  const failing = (at: "model" | "trainer"): Engine => {
    const engine = fakeEngine(fakeState());
    return {
      ...engine,
      openModel(...args) {
        loads.push(at);
        if (at === "model") throw new EngineError("E_FORMAT", "no checkpoint");
        return engine.openModel(...args);
      },
      openTrainer: () => Promise.reject(new EngineError("E_ARGUMENT", "no such part")),
    };
  };
  const out = join(dir, "deep", "er");
  const begin = (place: string, engine: Engine, method = preference(1)) => {
    const keys = { out: place, steps: 1, videosPerStep: 1, margin: 1 };
    const dataset = [{ video: join(dir, "0"), score: 1 }];
    writeFileSync(join(dir, "0"), "");
    return startRun(parseKeys(schema, keys), method, { dataset }, engine);
  };
  await assert.rejects(begin(out, failing("model")), { code: "E_FORMAT" });
  await assert.rejects(begin(out, failing("trainer")), { code: "E_ARGUMENT" });
  const refusing: PreparedMethod<{ readonly loss: number }> = {
    labels: "scores",
    reference: false,
    answers: () => GIVEN,
    begin: () => {
      throw new EngineError("E_OPTION", "not with this model");
    },
  };
  await assert.rejects(begin(out, fakeEngine(fakeState()), refusing), /not with this model/);
  assert.equal(existsSync(join(dir, "deep")), false);
  await begin(out, fakeEngine(fakeState()));
  assert.equal(loads.length, 2);
  await assert.rejects(begin(out, failing("model")), { code: "E_OPTION", message: /out: .*without a run/ });
  const file = join(dir, "file");
  writeFileSync(file, "");
  for (const place of [file, join(file, "run")])
    await assert.rejects(begin(place, failing("model")), {
      code: "E_OPTION",
      message: /option out: expected a folder .*found ".*file/,
    });
  assert.equal(loads.length, 2);
});
