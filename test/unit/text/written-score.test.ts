/** Which answers hold one number that can only be the score, and which are left unread. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnswer } from "../../../lib/text/answer.js";

const read = (answer: string, top?: number) =>
  parseAnswer(`<think>so</think><answer>${answer}</answer>`, top === undefined ? {} : { top }).score;

test("one number that stands alone is the score, whatever words stand around it", () => {
  const cases: [string, number][] = [
    ["3", 3],
    [" 3.20 ", 3.2],
    ["3.20 (fair)", 3.2],
    ["**3.2**", 3.2],
    ["*3.2*, fair", 3.2],
    ["__3.2__", 3.2],
    ["`3.2`", 3.2],
    ['"3.2"', 3.2],
    ["$3.2$", 3.2],
    ["\\boxed{3.2}", 3.2],
    ["[3.2]", 3.2],
    ["score: 3.2", 3.2],
    ["Score:3.2", 3.2],
    ["评分：3.2", 3.2],
    ['{"score": 3.2}', 3.2],
    ["<b>3.2</b>", 3.2],
    ["The quality is low. I say 2.5.", 2.5],
    ["~3.2", 3.2],
    ["3.2 points", 3.2],
    ["3.2 - fair", 3.2],
    ["3.2 — fair", 3.2],
    ["3.2!", 3.2],
    ["3.2\nfair", 3.2],
    ["-2", -2],
    ["score: -2.5", -2.5],
    ["+3.2", 3.2],
    [".5", 0.5],
    ["score .5", 0.5],
    ["one of the best: 4.5", 4.5],
    ["3.2 and a fair one", 3.2],
    ["4 stars", 4],
    ["a score of 4", 4],
    ["4 out of 5 for sharpness", 4],
    ["I would rate it 3.2", 3.2],
    ["The quality score is 3.2", 3.2],
    ["I rate this video 3.2", 3.2],
    ["My score for this video: 3.2", 3.2],
    ["I would give it a 3", 3],
    ["The motion is not smooth: 3.2", 3.2],
    ["The video is not great so I say 3", 3],
    ["The video is smooth (3.2)", 3.2],
    ["The video is sharp\n3.2", 3.2],
    ["about 3.2", 3.2],
    ["a rating of 3 stars", 3],
    ["3.2 because it blurs", 3.2],
    ["3 on a scale of one to five", 3],
    ["3.2, less blur would make it more", 3.2],
    ["Score → 3.2", 3.2],
    ["\\textbf{3.2}", 3.2],
  ];
  for (const [answer, expected] of cases) assert.equal(read(answer), expected, answer);
});

test("a minus and digits of other scripts are read as they are meant", () => {
  const cases: [string, number][] = [
    ["−3", -3],
    ["－3", -3],
    ["３.５", 3.5],
    ["３．５", 3.5],
    ["٣٫٥", 3.5],
    ["३.५", 3.5],
  ];
  for (const [answer, expected] of cases) assert.equal(read(answer), expected, answer);
});

test("the top of the scale may follow", () => {
  for (const answer of [
    "4.5/5",
    "4.5 / 5",
    "**4.5**/5",
    "**4.5/5**",
    "4.5 out of 5",
    "4.5 of 5.0",
    "4.5 (out of 5)",
    "score: 4.5 (out of 5)",
    "4.5/5 stars",
    "４.５/５",
  ])
    assert.equal(read(answer), 4.5, answer);
  assert.equal(read("85/100"), 85);
  assert.equal(read("0.8/1", 1), 0.8);
  assert.equal(read("4/10", 10), 4);
});

test("another number behind the stroke makes a fraction, not a score", () => {
  for (const answer of ["1/2", "3/4", "7/5", "3/5/5", "3/5e1", "3/x", "3/", "-3/5/2"])
    assert.equal(read(answer), null, answer);
  assert.equal(read("4/10", 5), null);
  assert.equal(read("4 out of 7", 5), null);
  assert.equal(read("4/5", 100), null);
});

test("several numbers are no score: none of them is picked", () => {
  for (const answer of [
    "on a scale of 1 to 5: 4",
    "I saw 6 frames, so 2.5",
    "3-4",
    "3 - 4",
    "3–4",
    "3 to 4",
    "3 or 4",
    "3~4",
    "3..4",
    "between 3 and 4",
    "between three and 4",
    "3 or four",
    "Score 1: 3.2",
    "1. 3.2",
    "3.2, 4.1",
    "3.2 3.2",
    "3.2±0.5",
    "3.2 (1080p)",
    "4:30",
    "3 + 1",
    "2 * 2",
    "3 (scale 1-5)",
  ])
    assert.equal(read(answer), null, answer);
});

test("a number that goes on is not cut off", () => {
  for (const answer of [
    "3,5",
    ",5",
    "1,234",
    "1,234.5",
    "1.234,5",
    "1.2.3",
    "..5",
    "3...",
    "3…",
    "3. 5",
    "1 000",
    "1'000",
    "3_000",
    "8e-1",
    "8E1",
    "3e",
    "8×10",
    "2^2",
    "3²",
    "3½",
    "½",
    "③",
    "3 1/2",
    "3 and a half",
    "3 & a half",
    "3 point five",
    "three point 5",
    "80%",
    "80 %",
    "80 percent",
    "3 hundred",
    "3 million",
    "4K",
    "720p",
    "3rd",
    "x3",
    "v3.2",
    "0x3",
    "3.2dB",
    "3-ish",
    "3+",
    "3°",
  ])
    assert.equal(read(answer), null, answer);
});

test("a number of frames or seconds is no score", () => {
  for (const answer of ["I saw 3 frames", "3 of 5 frames blur", "blurs after 2 seconds", "3.2 dB", "4 fps"])
    assert.equal(read(answer), null, answer);
});

test("a sign or bound that may be meant otherwise is not guessed", () => {
  for (const answer of [
    "- 3",
    "− 3",
    "–3",
    "–  3",
    "score-3",
    "score - 3",
    "minus 3",
    "negative 3",
    "±3",
    "--3",
    "+-3",
    "<3",
    "> 3",
    "≥3",
    "≤ 3",
    "√3",
    "#3",
    "No.3",
    "out of 5",
    "/5",
  ])
    assert.equal(read(answer), null, answer);
});

test("a bound, a denial or a count in words is no score", () => {
  for (const answer of [
    "at least 3",
    "at least **3**",
    "at least a 3",
    "at least: 3",
    "at least a score of 3",
    "more than 3",
    "no more than a 3",
    "less than 3",
    "at least 4 out of 5",
    "below 3",
    "a score above 3",
    "minimum 3",
    "a maximum of 3",
    "the minimum score is 3",
    "up to 3",
    "nearly 3",
    "not 3",
    "not a 3",
    "it is not 3",
    "it isn't a 3",
    "I would not rate it 3",
    "3 or more",
    "3 or higher",
    "3 (or higher)",
    "3, or more",
    "3 points or more",
    "3 and above",
    "3 at least",
    "3 (at most)",
    "3 max",
    "3 plus",
    "sqrt 3",
    "sqrt(3)",
    "\\sqrt{3}",
    "the square root of 3",
    "half of 3",
    "twice 3",
    "≠ 3",
    "€ 3",
    "3 x",
    "3 k",
    "3 mins",
    "3 min",
    "3 h",
    "3 people",
    "3 artefacts",
    "frame 3",
    "frame **3**",
    "frames: 3",
    '{"frames": 3}',
    "second 3",
    "the number of scenes is around the corner of 3",
    "mindestens 3",
  ])
    assert.equal(read(answer), null, answer);
});

test("what no number writes is none, and a number beyond all bounds neither", () => {
  for (const answer of ["", "good", "five", "NaN", "Infinity", "9".repeat(400)])
    assert.equal(read(answer), null, answer);
});

test("the earlier reading stays by name: the first number of the last block", () => {
  const first = (answer: string) => parseAnswer(`<answer>${answer}</answer>`, { variant: "first" }).score;
  for (const [answer, expected] of [
    ["3,5", 3],
    ["on a scale of 1 to 5: 4", 1],
    ["−3", 3],
    [".5", 5],
    ["8e-1", 8],
    ["I saw 6 frames, so 2.5", 6],
  ] as const)
    assert.equal(first(answer), expected, answer);
  assert.equal(parseAnswer("score 3", { variant: "first" }).score, null);
});
