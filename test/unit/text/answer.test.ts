/** What counts as a score, per variant; the released cases are the public trainer's own behaviour. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnswer } from "../../../lib/text/answer.js";

const released = (text: string) => parseAnswer(text, { variant: "released" }).score;
const strict = (text: string) => parseAnswer(text, { variant: "strict" }).score;

test("a good answer parses alike in every variant", () => {
  for (const variant of ["paper", "released", "strict"] as const) {
    assert.deepEqual(parseAnswer("<think> sharp \n</think><answer> 3.25 </answer>", { variant }), {
      score: 3.25,
      reasoning: "sharp",
      answer: "3.25",
    });
  }
});

test("released: last block, else the whole text; first number as printed", () => {
  assert.equal(released("<answer>1</answer> no, <answer>2.50</answer>"), 2.5);
  assert.equal(released("score 2.33 then 4"), 2.33);
  assert.equal(released("<think>about 4</think>"), 4);
  assert.equal(released("<answer>.75</answer>"), 75);
  assert.equal(released("<answer>1e3</answer>"), 1);
  assert.equal(released("<answer>3,25</answer>"), 3);
  assert.equal(released("<answer>3.5/5</answer>"), 3.5);
  assert.equal(released("<answer>-2</answer>"), -2);
  assert.equal(released("<answer>３.٢٥</answer>"), 3.25);
  assert.equal(released("<answer>good</answer>"), null);
  assert.equal(released(""), null);
});

test("paper: a number outside an answer block is not a score", () => {
  assert.deepEqual(parseAnswer("<think>about 4</think>"), {
    score: null,
    reasoning: "about 4",
    answer: null,
  });
  assert.equal(parseAnswer("score 2.33").score, null);
  assert.equal(parseAnswer("<answer>2.10/5</answer>").score, 2.1);
});

test("strict: the whole format and a plain number", () => {
  assert.equal(strict("<think>a</think>\n<answer>4</answer>"), 4);
  for (const text of [
    "<answer>4</answer>",
    "<think>a</think><answer>4/5</answer>",
    "<think>a</think>x<answer>4</answer>",
    "<think>a</think><answer>4</answer> tail",
    "<think>a</think><answer></answer>",
    "<think>a</think></think><answer>4</answer>",
  ]) {
    assert.equal(strict(text), null, text);
  }
});

test("an unfinished think block is still reasoning", () => {
  assert.deepEqual(parseAnswer("<think>blur mod"), { score: null, reasoning: "blur mod", answer: null });
});

test("what is no text is refused by name", () => {
  for (const wrong of [undefined, null, 3, {}])
    assert.throws(() => parseAnswer(wrong as never), {
      code: "E_OPTION",
      message: /option text: expected a text/,
    });
});

test("json: the number under rating of a flat object that is all of the last block", () => {
  const json = (answer: string) =>
    parseAnswer(`<think>so</think>\n<answer>\n${answer}\n</answer>`, { variant: "json" }).score;
  assert.equal(json('{"rating": 3.25}'), 3.25);
  assert.equal(json('{"rating": " 4 ", "why": "sharp"}'), 4);
  for (const none of [
    '{"rating": "good"}',
    '{"rating": null}',
    '{"rating": 1e999}',
    '{"rating": [3]}',
    '{"score": 3}',
    '{"rating": 3',
    'Rating: {"rating": 3}',
    "3.25",
    "[3]",
  ])
    assert.equal(json(none), null, none);
  assert.equal(parseAnswer('{"rating": 3}', { variant: "json" }).score, null);
});
