/** Sampling: what a sample depends on, what is never sampled, how it stops, and its log-probabilities. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Completion, loadModel, type Prompt } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { assertNear } from "../helpers/closeness.js";
import {
  END,
  extended,
  IMAGE_SLOT,
  openSmall,
  type SmallModel,
  smallPrompt,
  VOCABULARY,
} from "../helpers/small-model.js";
import { bendJson, copyCheckpoint } from "../helpers/tiny-checkpoint.js";

/** Two orders of summation of a float32 softmax over 120 ids. */
const LOG_PROB_BOUND = 1e-5;
/** Logits of the small checkpoints are within ±10: at this temperature every id is about as likely. */
const HOT = 100;

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

const PROMPTS: readonly Prompt[] = [
  { ...smallPrompt(10, { frames: 1 }), stream: "a", samples: 3 },
  { ...smallPrompt(20, { frames: 0 }), stream: 7n, samples: 2 },
  { ...smallPrompt(30, { frames: 2 }), stream: "c", samples: 4 },
];
const LENGTH = 12;

function assertSame(found: readonly Completion[], expected: readonly Completion[], what: string): void {
  assert.equal(found.length, expected.length, what);
  for (const [k, sample] of expected.entries()) {
    assert.deepEqual(found[k]?.tokens, sample.tokens, `${what}, sample ${k}: tokens`);
    assertNear(found[k]?.logProbs ?? [], sample.logProbs, LOG_PROB_BOUND, `${what}, sample ${k}: logProbs`);
  }
}

for (const options of [
  { temperature: 0 },
  { temperature: 0.7 },
  { temperature: 1 },
  { temperature: 0.7, topK: 9, topP: 0.8, suppress: [1, 2, 3] },
]) {
  test(`log-probabilities are the trainer's, ${JSON.stringify(options)}`, async () => {
    const { groups } = await model.generate({ prompts: PROMPTS, maxNewTokens: LENGTH, ...options });
    for (const [p, prompt] of PROMPTS.entries()) {
      const completions = groups[p] ?? [];
      assert.equal(completions.length, prompt.samples);
      const expected = await model.logProbs({ prompt, completions, temperature: options.temperature || 1 });
      for (const [k, { logProbs }] of completions.entries()) {
        assertNear(logProbs, expected[k] ?? [], LOG_PROB_BOUND, `prompt ${p}, sample ${k}`);
      }
    }
  });
}

test("a sample depends on its prompt's stream, its index and the position only", async () => {
  const ask = (prompts: readonly Prompt[], maxNewTokens = LENGTH) =>
    model.generate({ prompts, maxNewTokens, temperature: 1 });
  const alone = await Promise.all(PROMPTS.map(async (prompt) => (await ask([prompt])).groups[0] ?? []));

  const reversed = (await ask([...PROMPTS].reverse())).groups.reverse();
  const more = (await ask(PROMPTS.map((prompt) => ({ ...prompt, samples: prompt.samples + 5 })))).groups;
  const shorter = (await ask(PROMPTS, 5)).groups;
  for (const [p, expected] of alone.entries()) {
    assertSame(reversed[p] ?? [], expected, `prompt ${p} among others`);
    assertSame((more[p] ?? []).slice(0, expected.length), expected, `prompt ${p} with more samples`);
    for (const [k, { tokens }] of (shorter[p] ?? []).entries()) {
      assert.deepEqual(tokens, expected[k]?.tokens.slice(0, 5), `prompt ${p}, sample ${k}, cut short`);
    }
  }

  const [first] = PROMPTS as [Prompt];
  const other = (await ask([{ ...first, stream: "another" }])).groups[0] ?? [];
  for (const [k, { tokens }] of other.entries()) assert.notDeepEqual(tokens, alone[0]?.[k]?.tokens);
  assert.equal(
    new Set((alone[2] ?? []).map(({ tokens }) => tokens.join())).size,
    4,
    "samples of one prompt differ",
  );
});

/** Largest logit that may be chosen, and its log-probability at temperature 1. */
async function bestNext(prompt: Prompt): Promise<{ token: number; logProb: number }> {
  const row = (await logits(model, prompt)).data.slice(-VOCABULARY);
  const allowed = Array.from(row, (logit, id) => (id === IMAGE_SLOT ? -Infinity : logit));
  const token = allowed.indexOf(Math.max(...allowed));
  const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
  return { token, logProb: (row[token] ?? Number.NaN) - Math.log(sum) };
}

test("greedy is the argmax of the logits at every step, and so is the best one of one", async () => {
  const greedy = (await model.generate({ prompts: PROMPTS, maxNewTokens: LENGTH, temperature: 0 })).groups;
  const one = (await model.generate({ prompts: PROMPTS, maxNewTokens: LENGTH, temperature: 1, topK: 1 }))
    .groups;
  for (const [p, prompt] of PROMPTS.entries()) {
    const sample = greedy[p]?.[0];
    assert.ok(sample);
    for (const again of greedy[p] ?? []) assert.deepEqual(again.tokens, sample.tokens);
    for (const [t, token] of sample.tokens.entries()) {
      const expected = await bestNext(extended(prompt, sample.tokens.subarray(0, t)));
      assert.equal(token, expected.token, `prompt ${p}, token ${t}`);
      assertNear(
        [sample.logProbs[t] ?? Number.NaN],
        [expected.logProb],
        LOG_PROB_BOUND,
        `prompt ${p}, token ${t}`,
      );
    }
    assertSame(one[p] ?? [], greedy[p] ?? [], `prompt ${p}, topK 1`);
  }
});

test("the image token and suppressed ids are never sampled, every other id is", async () => {
  const suppress = Array.from({ length: 60 }, (_, i) => 2 * i).filter((id) => id !== IMAGE_SLOT);
  const prompt = { ...smallPrompt(40), stream: "hot", samples: 800 };
  const { groups } = await model.generate({ prompts: [prompt], maxNewTokens: 4, temperature: HOT, suppress });
  const seen = new Set((groups[0] ?? []).flatMap(({ tokens }) => [...tokens]));
  // About 3000 draws of 60 ids: one that may come stays away with probability below 1e-20.
  const expected = Array.from({ length: VOCABULARY / 2 }, (_, i) => 2 * i + 1);
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    expected,
  );
});

test("nothing left to sample is an error, and the model goes on", async () => {
  const [prompt] = PROMPTS as [Prompt];
  const suppress = Array.from({ length: VOCABULARY }, (_, id) => id);
  const options = { prompts: [prompt], maxNewTokens: 2, temperature: 1 };
  await assert.rejects(async () => model.generate({ ...options, suppress }), { code: "E_NUMERIC" });
  assert.equal((await model.generate(options)).groups[0]?.length, prompt.samples);
});

/** Every sample stops by one of `ends` or by length, and says which. */
function assertStops(samples: readonly Completion[], ends: readonly number[], length: number): Set<string> {
  for (const { tokens, stop } of samples) {
    const place = tokens.findIndex((id) => ends.includes(id));
    assert.equal(stop, place < 0 ? "length" : "end");
    assert.equal(tokens.length, place < 0 ? length : place + 1);
  }
  return new Set(samples.map(({ stop }) => stop));
}

test("a sample ends with its end token or at the length asked for", async () => {
  const options = {
    prompts: [{ ...smallPrompt(50), stream: "stop", samples: 60 }],
    maxNewTokens: 80,
    temperature: HOT,
  };
  const free = (await model.generate(options)).groups[0] ?? [];
  assert.deepEqual([...assertStops(free, [END], 80)].sort(), ["end", "length"]);
  for (const { tokens, logProbs } of free) assert.equal(logProbs.length, tokens.length);
  const endless = (await model.generate({ ...options, suppress: [END] })).groups[0] ?? [];
  assert.deepEqual([...assertStops(endless, [END], 80)], ["length"]);
});

test("every end token of generation_config.json ends a sample", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await bendJson<{ eos_token_id: unknown }>(dir, "generation_config.json", (config) => {
    config.eos_token_id = [END, 5];
  });
  const bent = await loadModel(dir, { threads: 1 });
  try {
    const prompt = { ...smallPrompt(60), stream: "ends", samples: 200 };
    const samples =
      (await bent.generate({ prompts: [prompt], maxNewTokens: 40, temperature: HOT })).groups[0] ?? [];
    assertStops(samples, [END, 5], 40);
    assert.deepEqual(
      new Set(samples.flatMap(({ tokens, stop }) => (stop === "end" ? [tokens.at(-1)] : []))),
      new Set([END, 5]),
    );
  } finally {
    bent.dispose();
  }
});
