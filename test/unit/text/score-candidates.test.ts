/** Where an answer writes its score, and what could stand there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScoreCandidate, scoreCandidates, scorePlace } from "../../../lib/text/score-candidates.js";

const PAPER = { min: 1, max: 5 };
const texts = (candidates: readonly ScoreCandidate[]) => candidates.map(({ text }) => text);
const near = (found: number | undefined, expected: number) =>
  assert.ok(Math.abs((found ?? Number.NaN) - expected) < 1e-12, `${found}, expected ${expected}`);

test("an answer is cut at the number that is its score, words and white space before it included", () => {
  assert.deepEqual(scorePlace("<think>1, 2</think><answer>\n3.70 </answer> 9", 3.7), {
    before: "<think>1, 2</think><answer>\n",
    written: "3.70",
    score: 3.7,
    decimals: 2,
    after: " </answer>",
  });
  const { before, after } = scorePlace("<answer>1</answer><answer>Score <b>4</b> of 5</answer>", 4) ?? {};
  assert.deepEqual([before, after], ["<answer>1</answer><answer>Score <b>", "</b> of 5</answer>"]);
});

test("what is no block, or another number, or written otherwise than in plain digits has no place", () => {
  for (const [text, score] of [
    ["4", 4],
    ["<answer>4", 4],
    ["<answer>four</answer>", 4],
    ["<answer>03.7</answer>", 3.7],
    ["<answer>.5</answer>", 0.5],
    ["<answer>３.７</answer>", 3.7],
    ["<answer>3 or 4</answer>", 4],
  ] as const)
    assert.equal(scorePlace(text, score), null, text);
});

test("whole numbers for a whole one, tenths for one with decimals", () => {
  const whole = scoreCandidates(PAPER, { written: "4", score: 4, decimals: 0 });
  assert.deepEqual(
    whole,
    [1, 2, 3, 4, 5].map((value) => ({ text: `${value}`, value })),
  );
  const hundred = scoreCandidates({ min: 0, max: 100 }, { written: "72", score: 72, decimals: 0 });
  assert.deepEqual([hundred.length, hundred[0]?.text, hundred[100]?.text], [101, "0", "100"]);
  const tenths = scoreCandidates(PAPER, { written: "3.7", score: 3.7, decimals: 1 });
  assert.deepEqual(
    texts(tenths),
    Array.from({ length: 41 }, (_, i) => (1 + i / 10).toFixed(1)),
  );
  for (const { text, value } of tenths) near(value, Number(text));
  // 0.7 · 10 is no whole number in a double.
  const narrow = scoreCandidates({ min: 0.7, max: 1.1 }, { written: "0.8", score: 0.8, decimals: 1 });
  assert.deepEqual(texts(narrow), ["0.7", "0.8", "0.9", "1.0", "1.1"]);
});

test("with further decimals a tenth counts as the middle of what begins with it, the written one as itself", () => {
  for (const decimals of [2, 3]) {
    const written = (3.7).toFixed(decimals);
    const found = scoreCandidates(PAPER, { written, score: 3.7, decimals });
    assert.equal(found.length, 41);
    for (const { text, value } of found) {
      const unit = 10 ** -decimals;
      const all = Array.from({ length: 10 ** (decimals - 1) }, (_, i) => Number(text) + i * unit);
      const there = all.filter((number) => number <= PAPER.max + 1e-9);
      near(value, text === "3.7" ? 3.7 : there.reduce((sum, number) => sum + number, 0) / there.length);
    }
    near(found.at(-1)?.value, 5);
  }
  const off = scoreCandidates({ min: 1.05, max: 5 }, { written: "9.99", score: 9.99, decimals: 2 });
  assert.deepEqual([off.length, off[0]?.text], [41, "1.0"]);
  near(off[0]?.value, 1.07);
});
