/** A model's own answers in another form, as a list that supervised fine-tuning reads; and the run behind them. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writePrompt } from "../../../lib/demo/prompt.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { train } from "../../../lib/run/train.js";
import { parseAnswer } from "../../../lib/text/answer.js";
import { formOf, rewritten } from "../../../lib/trial/form.js";
import { ownReplies, warmUpConfig } from "../../../lib/trial/warm-up.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { coded } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const entries = [10, 25, 40].map((quality, i) => {
  const video = join(dir, `${i}-q${quality}.mp4`);
  writeFileSync(video, "");
  return { id: `clip-${i}`, video, score: 5 };
});
const signal = new AbortController().signal;
const OWN = "<think>Strong blur.</think><answer>2.50</answer>";

test("an answer keeps its score and reasoning, and earns the form's reward", () => {
  for (const preset of ["q-insight", "paper-no-reasoning"] as const) {
    const { form, variant, isOwn } = formOf(preset);
    const text = rewritten(OWN, form) ?? "";
    assert.equal(isOwn, false);
    assert.equal(parseAnswer(text, { variant }).score, 2.5);
    const video = {
      id: "a",
      target: 3,
      answers: [
        { text, score: 2.5 },
        { text: OWN, score: 2.5 },
      ],
    };
    const earned = formatReward({ variant: "paper", form })({ step: 1, seed: 1, videos: [video] });
    assert.deepEqual(Array.from(earned[0] ?? []), [1, 0]);
  }
  assert.ok(rewritten(OWN, "json")?.includes("Strong blur."));
  assert.ok(formOf("paper").isOwn && formOf(null).isOwn && formOf("vq-insight").isOwn);
  assert.equal(rewritten("no score here", "json"), null);
});

test("answers to videos of which none can be read are refused with the first reason", async () => {
  const state = fakeState(0.5);
  const gone = entries.map((entry) => ({ ...entry, video: `${entry.video}.broken` }));
  await assert.rejects(
    ownReplies(fakeModel(state), gone, formOf("q-insight"), signal, () => {}),
    coded("E_MEDIA", "none of the 3 videos can be read; the first that was tried: ", "broken"),
  );
});

test("the list holds the model's own scores, never the true ones, and a run learns from it", async () => {
  const state = fakeState(0.5);
  const write = state.write;
  state.write = (score) => (score > 4 ? "?" : write(score));
  const form = formOf("q-insight");
  const told: number[] = [];
  const rows = await ownReplies(fakeModel(state), entries, form, signal, (done) => told.push(done));
  assert.deepEqual([told.length, told.at(-1)], [12, 12]);
  // 1.5 and 3 by its bias of 0.5, half a point around it by sampling; the third is above 4 and not written.
  for (const [id, own] of Object.entries({ "clip-0": 1.5, "clip-1": 3 })) {
    const replies = rows.filter((row) => row.id.startsWith(id)).map(({ reply }) => reply);
    const scores = replies.map((reply) => Number(/"rating": ([\d.]+)/.exec(reply)?.[1]));
    assert.equal(new Set(scores).size, 4, id);
    for (const score of scores) assert.ok(Math.abs(score - own) <= 0.51, `${id} ${score}`);
  }
  assert.equal(rows.length, 8);
  const run = join(dir, "run");
  mkdirSync(run);
  const prompt = await writePrompt(run, form);
  assert.equal(readFileSync(prompt, "utf8"), `${form.prompt}\n`);
  const config = await warmUpConfig(run, rows, prompt, 3);
  const list = readFileSync(join(run, "warm-up.jsonl"), "utf8").trim().split("\n");
  assert.deepEqual(
    list.map((line) => JSON.parse(line) as unknown),
    rows,
  );
  const small = { ...config, model: "fake", steps: 2, videosPerStep: 2 };
  const { step, checkpoint } = await train(small, {}, fakeEngine(state));
  assert.equal(step, 2);
  assert.ok(checkpoint?.startsWith(join(run, "warm-up")));
  assert.ok(state.generateCalls > 0);
});

test("a model whose answers hold no score is refused", async () => {
  const state = fakeState();
  state.write = () => "none";
  await assert.rejects(
    ownReplies(fakeModel(state), entries, formOf("q-insight"), signal, () => {}),
    {
      code: "E_FORMAT",
      message: /none of its 12 answers holds a score/,
    },
  );
});
