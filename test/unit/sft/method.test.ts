/** Runs of supervised fine-tuning on a model without tensors: what the trainer is given, and what is refused early. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StepOptions } from "../../../lib/model/types.js";
import type { SftConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, type SftOptions, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState, fakeTokenizer } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const files = [0, 1, 2, 3].map((i) => join(dir, `${i}-q20.mp4`));
for (const file of files) writeFileSync(file, "");
const list = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

function recorded() {
  const given: StepOptions[] = [];
  const engine = fakeEngine(fakeState());
  const openTrainer: typeof engine.openTrainer = async (model, options) => {
    const trainer = await engine.openTrainer(model, options);
    const step: typeof trainer.step = (of) => {
      given.push(of);
      return trainer.step(of);
    };
    return { ...trainer, step };
  };
  return { given, engine: { ...engine, openTrainer } };
}

let runs = 0;
async function learn(keys: Partial<SftConfigInput>, options: SftOptions = {}) {
  const { given, engine } = recorded();
  const config = { out: join(dir, `run${runs++}`), model: "fake", steps: 1, videosPerStep: 2, ...keys };
  const summary = await train({ method: "sft", ...config }, options, engine);
  return { given, summary };
}
const textOf = (tokens: Int32Array) => fakeTokenizer.decode(tokens);

test("a step learns replies of the list, each with the end of its turn, the prompt once for each question", async () => {
  const rows = [
    ["0-q20.mp4", "What?", "Blurry."],
    ["0-q20.mp4", "What?", "Very blurry."],
    ["0-q20.mp4", "Why?", "It moved."],
  ];
  const line = ([video, question, reply]: string[], id: number) =>
    JSON.stringify({ id, video, question, reply });
  const data = list("replies.jsonl", rows.map(line).join("\n"));
  const { given, summary } = await learn({
    data,
    videosPerStep: 3,
    template: "internvl-video",
    learningRate: 0.5,
  });
  const [step] = given;
  assert.deepEqual([given.length, step?.loss, step?.learningRate, step?.maxGradNorm], [1, "sft", 0.5, 1]);
  const groups = step?.groups ?? [];
  const replies = groups.map(({ completions }) => completions.map((one) => textOf(one as Int32Array)).sort());
  assert.deepEqual(
    replies.sort((a, b) => b.length - a.length),
    [["Blurry.", "Very blurry."], ["It moved."]],
  );
  for (const { completions, weights } of groups)
    completions.forEach((one, k) => {
      assert.equal((one as Int32Array).at(-1), fakeTokenizer.turnEnd);
      assert.deepEqual(
        Array.from(weights?.[k] ?? []),
        [...(one as Int32Array)].map(() => 1),
      );
    });
  const [event] = readFileSync(join(summary.run, "events.jsonl"), "utf8")
    .split("\n")
    .filter((text) => text.includes('"step":1,'));
  assert.match(event ?? "", /"loss":.*"gradNorm":.*"completionTokens":.*"updateSeconds":/);
});

test("a list of scores is learned by a form, and weights are the configuration's or the user's", async () => {
  const data = list("scores.csv", "video,score\n0-q20.mp4,3.50\n1-q20.mp4,1\n");
  const keys = { data, reply: "<answer>{score}</answer>" };
  const weighted = await learn({ ...keys, answerWeight: 3 });
  const [{ completions = [], weights = [] } = {}] = weighted.given[0]?.groups ?? [];
  const text = textOf(completions[0] as Int32Array);
  assert.match(text, /^<answer>(3\.50|1)<\/answer>$/);
  assert.equal([...(weights[0] as number[])].filter((weight) => weight === 3).length, text.length - 17);
  const seen: string[] = [];
  const tokenWeights: SftOptions["tokenWeights"] = ({ pieces, tokens, id }) => {
    seen.push(`${id} ${pieces.join("")}`);
    return tokens.map((_, i) => i);
  };
  const { given } = await learn(keys, { tokenWeights });
  assert.deepEqual(seen.sort(), ["0-q20.mp4 <answer>3.50</answer>", "1-q20.mp4 <answer>1</answer>"]);
  assert.deepEqual(Array.from(given[0]?.groups[0]?.weights?.[0] ?? []).slice(0, 3), [0, 1, 2]);
  for (const wrong of [() => [1], ({ tokens }: { tokens: Int32Array }) => [...tokens].map(() => -1)])
    await assert.rejects(learn(keys, { tokenWeights: wrong }), { code: "E_OPTION", message: /tokenWeights/ });
});

test("a reply of a million tokens comes to the trainer whole", async () => {
  const reply = "fair ".repeat(200_000);
  const dataset = files.slice(0, 2).map((video, i) => ({ video, reply: i === 0 ? reply : "fair" }));
  const { given } = await learn({}, { dataset });
  const lengths = given[0]?.groups.flatMap(({ completions }) =>
    completions.map((one) => (one as Int32Array).length),
  );
  assert.deepEqual(lengths?.sort(), [1_000_001, 5]);
});

test("what cannot be learned, and keys of another method, are refused before a model is opened", async () => {
  const scores = list("bare.csv", "video,score\n0-q20.mp4,3\n1-q20.mp4,1\n");
  const refused = (keys: object, message: RegExp) => assert.rejects(learn(keys), { message });
  await refused({ data: scores }, /^option reply: .*missing in 0-q20\.mp4, 1-q20\.mp4/);
  const half = list(
    "half.jsonl",
    '{"video":"0-q20.mp4","reply":"ok"}\n{"video":"1-q20.mp4","reply":"a \\ud83d b"}\n',
  );
  const message = /half\.jsonl:2: expected whole characters in reply, found half of one, \\ud83d$/;
  await assert.rejects(learn({ data: half }), { code: "E_FORMAT", message });
  await refused(
    { data: scores, reply: "a \udc00" },
    /^option reply: expected a text of whole characters, found "a /,
  );
  await refused({ data: scores, beta: 0.1 }, /option beta: no such option/);
  await refused({ data: scores, method: "dpo" }, /option method: expected one of grpo, sft, found "dpo"/);
  await assert.rejects(learn({ data: scores }, { rewards: [] } as object), /option rewards: no such option/);
  const out = join(dir, "no-run");
  const replies = list("words.csv", "video,reply\n0-q20.mp4,fine\n1-q20.mp4,poor\n");
  await assert.rejects(train({ out, data: replies, steps: 1, videosPerStep: 2 }), {
    code: "E_FORMAT",
    message: /expected a number "score", found/,
  });
});

test("a run goes on by its own method, with a dataset of its own", async () => {
  const dataset = files.map((video, i) => ({ video, reply: `reply ${i}` }));
  const stop = new AbortController();
  const { summary } = await learn(
    { steps: 4 },
    {
      dataset,
      signal: stop.signal,
      onEvent: (event) => event.type === "step" && event.step === 2 && stop.abort(),
    },
  );
  assert.deepEqual([summary.step, summary.stopped], [2, true]);
  const { given, engine } = recorded();
  const end = await resumeTraining(summary.run, { dataset }, engine);
  assert.deepEqual([end.step, given.map(({ loss }) => loss)], [4, ["sft", "sft"]]);
  await assert.rejects(resumeTraining(summary.run, { dataset: dataset.slice(1) }, engine), /dataset/);
});
