/** Expected scores of the shipped tiny model, against its logits and against its ties. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Completion,
  loadModel,
  type PromptInput,
  type ScoringModel,
  type VideoScore,
} from "../../lib/index.js";
import { clipPlan, promptFor } from "../../lib/infer/session.js";
import { logits } from "../../lib/parity.js";
import { renderedVideos } from "../helpers/rendered.js";
import { extended } from "../helpers/small-model.js";

/** Float32 sums in another order: measured 1.4e-7 of the score, 8e-8 of the mass. */
const BOUND = 1e-6;
const VIDEOS = 12;

let model: ScoringModel;
const greedy: VideoScore[] = [];
let videos: readonly string[];

before(async () => {
  model = await loadModel("tiny", { threads: 1 });
  ({ videos } = await renderedVideos(VIDEOS));
  for await (const result of model.scoreMany(videos, { expected: true })) greedy.push(result);
});
after(() => model.dispose());

/** log softmax of one row at an id, in double. */
function logProb(row: Float32Array, id: number): number {
  const most = row.reduce((a, b) => Math.max(a, b));
  const sum = row.reduce((all, value) => all + Math.exp(value - most), 0);
  return (row[id] as number) - most - Math.log(sum);
}

/** One pass over prompt, words and candidate for each candidate. */
async function straightforward(prompt: PromptInput, words: string, own: number) {
  let [weighed, mass] = [0, 0];
  for (let tenth = 10; tenth <= 50; tenth++) {
    const text = (tenth / 10).toFixed(1);
    const ids = model.tokenizer.encode(`${words}${text}`);
    const begin = prompt.inputIds.length + model.tokenizer.encode(words).length;
    const all = extended(prompt, ids);
    const { data, shape } = await logits(model, all);
    const width = shape.at(-1) as number;
    let log = 0;
    for (let i = begin; i < all.inputIds.length; i++)
      log += logProb(data.subarray((i - 1) * width, i * width), all.inputIds[i] as number);
    const p = Math.exp(log);
    const value = own.toFixed(2).startsWith(text) ? own : tenth === 50 ? 5 : tenth / 10 + 0.045;
    weighed += p * value;
    mass += p;
  }
  return { expected: weighed / mass, mass };
}

test("is what one pass for each number over the logits gives", async () => {
  for (const place of [0, 4]) {
    const { score, expected, expectedMass, answer } = greedy[place] as VideoScore;
    assert.match(answer ?? "", /^\d\.\d\d$/);
    const clip = await model.openClip(videos[place] as string, clipPlan(model, {}));
    const { stream: _stream, samples: _samples, ...prompt } = promptFor(model, clip, {});
    const asked = { prompts: [promptFor(model, clip, {})], maxNewTokens: 48, temperature: 0 };
    const [[written]] = (await model.generate(asked)).groups as [[Completion]];
    const words = /^.*<answer>/s.exec(model.tokenizer.decode(written.tokens))?.[0] as string;
    const plain = await straightforward(prompt, words, score as number);
    clip.dispose();
    assert.ok(Math.abs((expected ?? 0) - plain.expected) < BOUND, `${expected}, not ${plain.expected}`);
    assert.ok(Math.abs((expectedMass ?? 0) - plain.mass) < BOUND, `${expectedMass}, not ${plain.mass}`);
  }
});

test("breaks the ties of greedy answers, and leaves them as they are", async () => {
  const scores = greedy.flatMap(({ score }) => score ?? []);
  const expected = greedy.flatMap((result) => result.expected ?? []);
  assert.equal(expected.length, scores.length);
  assert.ok(new Set(scores).size < scores.length, "there are ties");
  assert.equal(new Set(expected).size, expected.length);
  for (const { expected: value, expectedMass, scale } of greedy) {
    if (value === null || value === undefined) continue;
    assert.ok(value >= scale.min && value <= scale.max);
    assert.ok((expectedMass ?? 0) > 0.5 && (expectedMass ?? 2) <= 1);
  }
  const plain: (number | null)[] = [];
  for await (const { score } of model.scoreMany(videos.slice(0, 8))) plain.push(score);
  assert.deepEqual(
    greedy.slice(0, 8).map(({ score }) => score),
    plain,
  );
});

test("is of the sampled answer's words, the same in whatever batch", async () => {
  const sampled = async (batchSize: number) => {
    const found: VideoScore[] = [];
    const asked = { expected: true, temperature: 1, seed: 3, batchSize };
    for await (const result of model.scoreMany(videos.slice(0, 4), asked)) found.push(result);
    return found;
  };
  const [alone, together] = [await sampled(1), await sampled(4)];
  assert.deepEqual(
    alone.map(({ score, answer }) => [score, answer]),
    together.map(({ score, answer }) => [score, answer]),
  );
  for (const [i, { expected }] of alone.entries())
    assert.ok(Math.abs((expected ?? 0) - (together[i]?.expected ?? 0)) < BOUND);
  assert.ok(alone.some(({ expected }, i) => expected !== greedy[i]?.expected));
});
