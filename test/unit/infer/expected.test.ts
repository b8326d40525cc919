/** The mean of the numbers that could stand in an answer, on models whose law is known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../../lib/core/rng.js";
import { ask } from "../../../lib/infer/ask.js";
import { candidateTokens, expectationOf } from "../../../lib/infer/expected.js";
import { score } from "../../../lib/infer/score.js";
import { scoreMany } from "../../../lib/infer/score-many.js";
import { checkAsking, type ScoreOptions } from "../../../lib/infer/session.js";
import type { VideoScore } from "../../../lib/infer/video-score.js";
import type { Model, PromptInput } from "../../../lib/model/types.js";
import { type ScorePlace, scorePlace } from "../../../lib/text/score-candidates.js";
import { fakeModel, fakeState, fakeTokenizer } from "../../helpers/fake-engine.js";

const EXPECTED = { expected: true };
const HEAD = "<think>so</think><answer>";
/** Of one character behind a text. */
type Law = (before: string, next: string) => number;

/** A model that writes this answer, and has this law for what could stand in its place. */
function lawful(answer: string, law: Law, { min = 1, max = 5 } = {}) {
  const state = fakeState();
  state.write = () => answer;
  const calls: { prompt: PromptInput; temperature: number | undefined; count: number }[] = [];
  const model = fakeModel(state);
  const logProbs: Model["logProbs"] = async ({ prompt, completions, temperature }) => {
    calls.push({ prompt, temperature, count: completions.length });
    const before = fakeTokenizer.decode(prompt.inputIds);
    return completions.map((completion) => {
      const text = fakeTokenizer.decode(completion instanceof Int32Array ? completion : completion.tokens);
      return Float32Array.from([...text], (next, i) => Math.log(law(before + text.slice(0, i), next)));
    });
  };
  const settings = { ...model.settings, scale: { min, max } };
  return { model: { ...model, settings, logProbs } as Model, calls, state };
}

const read = async (model: Model, options: ScoreOptions = {}) => {
  const {
    score: own,
    expected,
    expectedMass,
    status,
  } = await score(model, "a-q10.mp4", {
    ...EXPECTED,
    ...options,
  });
  return { own, expected, mass: expectedMass, status };
};
const near = (found: number | null | undefined, expected: number, bound = 1e-6) =>
  assert.ok(Math.abs((found ?? Number.NaN) - expected) < bound, `${found}, expected ${expected}`);

test("a model that is certain expects its own number, in every form and at every temperature", async () => {
  for (const [number, scale] of [
    ["4", {}],
    ["3.7", {}],
    ["3.75", {}],
    ["1.00", {}],
    ["5.0", {}],
    ["2.125", {}],
    ["4", { min: 0, max: 100 }],
    ["45", { min: 0, max: 100 }],
    ["100", { min: 0, max: 100 }],
    ["72.5", { min: 0, max: 100 }],
  ] as const)
    for (const temperature of [0, 1.5]) {
      const answer = `${HEAD} ${number}</answer>`;
      const certain: Law = (before, next) =>
        Number(answer.startsWith(before.slice(before.lastIndexOf("<think>")) + next));
      const { model, calls } = lawful(answer, certain, scale);
      const found = await read(model, { temperature });
      assert.deepEqual(found, { own: Number(number), expected: Number(number), mass: 1, status: "ok" });
      assert.ok(calls.every((call) => call.temperature === undefined && call.count <= 128));
      const spread = calls.reduce((sum, { count }) => sum + count, 0);
      assert.equal(spread, "max" in scale ? (number.includes(".") ? 1001 : 101) : number === "4" ? 5 : 41);
    }
});

const ALPHABET = "0123456789.<x";
/** A law with a different answer to every text; sharper than a uniform one. */
const anyLaw: Law = (before, next) => {
  const text = before.slice(before.lastIndexOf("<answer>"));
  const name = [...text].reduce((sum, c) => (sum * 131n + BigInt(c.codePointAt(0) ?? 0)) % 2n ** 60n, 7n);
  const weights = [...ALPHABET].map((_, i) => uniform(name, i, 0) ** 4);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return (weights[ALPHABET.indexOf(next)] ?? 0) / all;
};

/** Walks all texts of the law up to a length: `take` gives the value that a text counts as; undefined to go on. */
function walked(length: number, take: (text: string) => number | null | undefined) {
  let [sum, mass] = [0, 0];
  const walk = (text: string, probability: number): void => {
    const value = take(text);
    if (typeof value === "number") {
      sum += probability * value;
      mass += probability;
    } else if (value === undefined && text.length < length) {
      for (const next of ALPHABET) walk(text + next, probability * anyLaw(`${HEAD}${text}`, next));
    }
  };
  walk("", 1);
  return { expected: sum / mass, mass };
}

test("whole numbers: the mean over all texts that are one number, ended as the model ended its own", async () => {
  const { model } = lawful(`${HEAD}72</answer>`, anyLaw, { min: 0, max: 100 });
  const all = walked(4, (text) => {
    if (!text.endsWith("<")) return undefined;
    const number = /^(0|[1-9]\d*)<$/.exec(text)?.[1];
    return number === undefined || Number(number) > 100 ? null : Number(number);
  });
  const found = await read(model);
  near(found.expected, all.expected, 1e-4);
  near(found.mass, all.mass);
});

test("tenths: the mean over all texts that begin with one, by what it counts as", async () => {
  const { model } = lawful(`${HEAD}3.75</answer>`, anyLaw);
  const all = walked(4, (text) => {
    const [tenth] = /^[1-4]\.\d|^5\.0/.exec(text) ?? [];
    if (tenth === undefined) return undefined;
    // One character more changes nothing: whatever follows, it begins with this.
    return tenth === "3.7" ? 3.75 : tenth === "5.0" ? 5 : Number(tenth) + 0.045;
  });
  const found = await read(model);
  near(found.expected, all.expected);
  near(found.mass, all.mass);
});

test("the words before the number are the model's own, and the clip is that of its answer", async () => {
  const { model, calls, state } = lawful(`${HEAD}Score: 3.7</answer>`, () => 0.5);
  await read(model);
  const [{ prompt }] = calls as [(typeof calls)[0]];
  assert.equal(fakeTokenizer.decode(prompt.inputIds), `${state.asked[0]}${HEAD}Score: `);
  assert.ok(prompt.clip !== undefined);
  assert.equal(state.openClips, 0);
});

test("null where no score can be read, or is not written in plain digits; other readings work", async () => {
  const nothing = { expected: null, mass: null };
  const of = async (answer: string, options: ScoreOptions = {}) => {
    const { expected, mass } = await read(lawful(answer, () => 0.1).model, options);
    return expected === null ? { expected, mass } : typeof expected;
  };
  assert.deepEqual(await of(`${HEAD}good</answer>`), nothing);
  assert.deepEqual(await of(`${HEAD}9.5</answer>`), nothing);
  assert.deepEqual(await of(`${HEAD}３.７</answer>`), nothing);
  assert.deepEqual(await of("3.7", { variant: "released" }), nothing);
  assert.equal(await of(`${HEAD}3 to 4</answer>`, { variant: "first" }), "number");
  assert.equal(await of(`${HEAD}3.7</answer>`, { variant: "strict" }), "number");
  assert.equal(await of(`${HEAD}9.5</answer>`, { variant: "released" }), "number");
});

test("without the option no result has the keys; with it failed and unparsed ones do", async () => {
  const { model } = lawful(`${HEAD}3.7</answer>`, () => 0.1);
  const keys = ["expected", "expectedMass"];
  assert.deepEqual(
    Object.keys(await score(model, "a-q10.mp4")).filter((key) => keys.includes(key)),
    [],
  );
  const results: VideoScore[] = [];
  for await (const result of scoreMany(model, ["a-q10.mp4", "broken.mp4"], EXPECTED)) results.push(result);
  assert.deepEqual(
    results.map(({ status, expected, expectedMass }) => [status, expected === null, expectedMass === null]),
    [
      ["ok", false, false],
      ["failed", true, true],
    ],
  );
});

test("a probability that is no number is a failure of its video", async () => {
  const { model } = lawful(`${HEAD}3.7</answer>`, () => Number.NaN);
  const { status, error } = await score(model, "a-q10.mp4", EXPECTED);
  assert.deepEqual([status, error?.code], ["failed", "E_NUMERIC"]);
  assert.ok(Number.isNaN(expectationOf([-Infinity, -Infinity], [1, 2]).value));
});

test("probabilities too small for a double still have a mean", () => {
  const { value, mass } = expectationOf([-2000, -2000 + Math.log(3)], [1, 5]);
  near(value, 4);
  assert.equal(mass, 0);
});

/** Of fakeTokenizer, with one token of its own for some texts, the longest first. */
function joining(...joined: string[]): Model["tokenizer"] {
  const base = 2 ** 24;
  return {
    ...fakeTokenizer,
    encode: (text) => {
      const ids: number[] = [];
      for (let i = 0; i < text.length; ) {
        const found = joined.findIndex((one) => text.startsWith(one, i));
        if (found >= 0) ids.push(base + found);
        else ids.push(...fakeTokenizer.encode(text[i] as string));
        i += found >= 0 ? (joined[found] as string).length : 1;
      }
      return Int32Array.from(ids);
    },
    decode: (ids) =>
      Array.from(ids, (id) =>
        id >= base ? (joined[id - base] as string) : fakeTokenizer.decode(Int32Array.of(id)),
      ).join(""),
  };
}

test("where the tokenizer joins a number with what is before it, the candidates begin there", () => {
  const tokenizer = joining(" 4", "4<");
  for (const [number, joined] of [
    ["4.5", " 4.0"],
    ["4", " 4<"],
  ] as const) {
    const text = `${HEAD} ${number}</answer>`;
    const place = scorePlace(text, Number(number)) as ScorePlace;
    const tokens = tokenizer.encode(text);
    const found = candidateTokens(tokenizer, { text, tokens }, place, { min: 3, max: 5 });
    assert.equal(tokenizer.decode(found.fixed), HEAD);
    const written = found.completions.map((ids) => tokenizer.decode(ids));
    assert.ok(written.includes(joined), written.join());
    assert.ok(written.includes(number === "4" ? " 5<" : " 5.0"));
    assert.equal(written.length, number === "4" ? 3 : 21);
  }
});

test("what the model wrote stays as it was cut into tokens, as far as its tokens go", () => {
  const text = `${HEAD} 4.5</answer>`;
  const place = scorePlace(text, 4.5) as ScorePlace;
  const scale = { min: 4, max: 5 };
  // Its own tokens are single characters where the tokenizer has one for "think".
  const own = fakeTokenizer.encode(text);
  const kept = candidateTokens(joining("think"), { text, tokens: own }, place, scale);
  assert.deepEqual(kept.fixed, fakeTokenizer.encode(`${HEAD} `));
  assert.equal(fakeTokenizer.decode(kept.completions[0] as Int32Array), "4.0");
  // Its own token "> 4" reaches into the number, which the tokenizer would not have written.
  const wide = joining("> 4");
  const tokenizer = { ...wide, encode: fakeTokenizer.encode };
  const cut = candidateTokens(tokenizer, { text, tokens: wide.encode(text) }, place, scale);
  assert.equal(tokenizer.decode(cut.fixed), HEAD.slice(0, -1));
  assert.equal(tokenizer.decode(cut.completions[0] as Int32Array), "> 4.0");
});

test("a tokenizer that does not give the number back is told", () => {
  const text = `${HEAD}4</answer>`;
  const deaf = { ...fakeTokenizer, decode: () => "" };
  const place = scorePlace(text, 4) as ScorePlace;
  assert.throws(
    () => candidateTokens(deaf, { text, tokens: fakeTokenizer.encode(text) }, place, { min: 1, max: 5 }),
    { code: "E_FORMAT", message: /does not give back "1"/ },
  );
});

test("what has no expected score is refused before a video is opened, naming the option", async () => {
  const refused = async (options: object, message: RegExp, given = lawful(`${HEAD}4</answer>`, () => 1)) => {
    const says = { code: "E_OPTION", message };
    const asked = { ...EXPECTED, ...options } as ScoreOptions;
    await assert.rejects(score(given.model, "a-q10.mp4", asked), says);
    assert.throws(() => checkAsking(given.model, asked), says);
    assert.deepEqual(given.state.opened, []);
  };
  const answer = `${HEAD}4</answer>`;
  await refused({ expected: "yes" }, /^option expected: /);
  await refused({ variant: "json" }, /^option expected: expected none with variant json, /);
  const scaled = (min: number, max: number) => lawful(answer, () => 1, { min, max });
  await refused({}, /^option expected: expected a scale from 0 or above, at most 100 wide/, scaled(-1, 1));
  await refused({}, /^option expected: .* found \{"min":0,"max":101\}/, scaled(0, 101));
  const together = lawful(answer, () => 1);
  await refused({}, /^option expected: .*digits one by one, found "75 as one token"/, {
    ...together,
    model: { ...together.model, tokenizer: joining("75") },
  });
  const { model, state } = lawful(answer, () => 1);
  await assert.rejects(ask(model, "a-q10.mp4", "Why?", EXPECTED as object), {
    code: "E_OPTION",
    message: /expected/,
  });
  assert.deepEqual(state.opened, []);
  assert.equal((await score(model, "a-q10.mp4", { expected: false, variant: "json" })).expected, undefined);
});
