/** Runs by a template, by a preset, and without motion, on a model without tensors: what is asked, what is kept, what is refused early. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { PRESET_NAMES, type PresetName, presets } from "../../../lib/presets/presets.js";
import type { TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, type TrainOptions, train } from "../../../lib/run/train.js";
import { formOf, rewritten } from "../../../lib/trial/form.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { config, dir, run, dataset as ten } from "../../helpers/fake-run.js";

const dataset = Array.from({ length: 16 }, (_, i) => {
  const video = join(dir, `clip${i}-q${10 + 2 * i}.mp4`);
  writeFileSync(video, "");
  return { video, score: 1 + i / 4, dataset: "one" };
});
const prompt = join(dir, "prompt.txt");
writeFileSync(prompt, "How good is it?\nThink, then answer.\n");
const QUESTION = "How good is it? Think, then answer.";
/** What a small run has over any preset. */
const small = () => ({
  out: config().out,
  model: "fake",
  steps: 2,
  videosPerStep: 8,
  frames: 4,
  imageSize: 28,
});
const stored = (run: string) =>
  JSON.parse(readFileSync(join(run, "config.json"), "utf8")) as TrainConfigInput;

/** A model that answers in the form that a preset asks for. */
function stateFor(preset: PresetName) {
  const state = fakeState(0.5);
  const { form } = formOf(preset);
  const { write } = state;
  state.write = (score) => rewritten(write(Math.max(0, score)), form) ?? "";
  return state;
}

for (const preset of PRESET_NAMES)
  test(`${preset}: a run is made by it, asks its prompt, and keeps its values and its name`, async () => {
    const state = stateFor(preset);
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => events.push(event);
    const { run, step } = await train(
      { preset, prompt, ...small() },
      { dataset, onEvent },
      fakeEngine(state),
    );
    assert.equal(step, 2);
    const config = stored(run);
    const said = (key: string) => presets[preset].settings[key]?.value;
    assert.deepEqual([config.preset, config.samples, config.beta], [preset, said("samples"), said("beta")]);
    const motion = preset === "paper-no-motion" ? 0 : 1;
    for (const asked of state.asked) {
      assert.ok(asked.includes(QUESTION), asked);
      assert.equal(/Motion/.test(asked), motion === 1, asked);
    }
    const steps = events.flatMap((event) => (event.type === "step" ? [event] : []));
    for (const event of steps) assert.deepEqual([event.parsed, event.rewards["format"]], [1, 1]);
  });

test("a preset without its prompt is refused before anything is made, and the message says what to give", async () => {
  const keys = { ...small(), preset: "q-insight" };
  await assert.rejects(train(keys, { dataset }, fakeEngine(fakeState())), {
    code: "E_OPTION",
    message:
      /prompt: expected a file with .*flat JSON object.* for preset q-insight, found none; .*--prompt FILE/,
  });
  // The list's question says nothing of how to answer.
  const asked = dataset.map((row) => ({ ...row, question: "How good?" }));
  const released = { ...keys, preset: "released" };
  await assert.rejects(train(released, { dataset: asked }, fakeEngine(fakeState())), { code: "E_OPTION" });
  assert.equal(existsSync(keys.out), false);
});

test("a run goes on by the values that its folder holds, whatever its preset says now", async () => {
  const keys = { ...small(), preset: "paper", prompt, samples: 3 };
  const stop = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.type === "step") stop.abort();
  };
  const begun = await train(keys, { dataset, onEvent, signal: stop.signal }, fakeEngine(fakeState()));
  assert.equal(begun.step, 1);
  // As a version would have left it whose preset of this name said less.
  const before = stored(begun.run);
  const { topK, ...earlier } = before;
  writeFileSync(join(begun.run, "config.json"), JSON.stringify(earlier));
  assert.equal(topK, 0);
  // Its prompt lies elsewhere now, so that the folder is written anew.
  const moved = join(dir, "moved.txt");
  copyFileSync(prompt, moved);
  await resumeTraining(begun.run, { dataset, prompt: moved }, fakeEngine(fakeState()));
  assert.deepEqual([stored(begun.run).topK, stored(begun.run).samples], [50, 3]);
});

test("without motion the prompt has no slot for it, in any run", async () => {
  const state = fakeState();
  await train({ ...small(), motion: false }, { dataset }, fakeEngine(state));
  assert.ok(state.asked.length > 0);
  for (const asked of state.asked) assert.doesNotMatch(asked, /Motion/);
});

test("a template asks the list's questions, or the prompt file's; the default one the checkpoint's", async () => {
  const questions = ten.map((entry, i) => ({ ...entry, question: `Is ${i % 2} good?` }));
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
  assert.deepEqual(filed.texts, new Set([QUESTION]));
  assert.match(filed.warnings.join(), /released prompt/);
  const resolved = stored(filed.run);
  assert.deepEqual({ ...resolved, template, prompt: resolve(prompt) }, resolved);
  const own = await asked({}, questions);
  assert.equal([...own.texts].join().includes("good?"), false);
  assert.deepEqual(own.warnings, [
    "the list's questions are not asked: template default asks the checkpoint's own",
  ]);
  assert.deepEqual((await asked({}, ten)).warnings, []);

  const refused = config({ template });
  await assert.rejects(run(refused), {
    code: "E_OPTION",
    message: /prompt: expected a question.*released-train/,
  });
  assert.equal(existsSync(refused.out), false);
  await assert.rejects(run(config({ prompt: join(dir, "none.txt") })), { code: "E_FORMAT" });
});
