/** The prompt check on texts of the released lengths; the released texts themselves are not here. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { PromptWording } from "../../../lib/text/prompt.js";
import {
  type CheckedPrompt,
  checkPrompt,
  type Fingerprint,
  promptDifferences,
} from "../../../lib/text/prompt-check.js";

const own: PromptWording = {
  system: "系统",
  lead: "",
  frame: "",
  frameEnd: "",
  motion: "",
  motionEnd: "",
  question: "Own?",
};
const question = "ä".repeat(281);
const instruction = "i".repeat(119);
const print = (text: string): Fingerprint => ({
  characters: [...text].length,
  sha256: createHash("sha256").update(text).digest("hex"),
});
const frames = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i + 1)).join("");
const lead = "Now you will receive a video:";
const train = `${lead}\n${frames(6, (i) => `Frame${i}:<image>\n`)}Motion Feature:<image>\n${question} ${instruction}`;
const tested = `${lead}${frames(12, (i) => `Frame${i}: <image>`)}Motion Feature: <image>${question}${instruction}`;
/** As if these dummies had been released. */
const facts = {
  system: print("系统"),
  question: print(question),
  instruction: print(` ${instruction}`),
  message: { train: print(train), test: print(tested) },
};

function check(prompt: Partial<CheckedPrompt>) {
  const result = checkPrompt(
    { template: "released-train", frames: 6, own, question, instruction, ...prompt },
    facts,
  );
  const differing = result.parts.filter(({ same }) => !same).map(({ name }) => name);
  return { ...result, differing };
}

test("the message with its length and SHA-256, and which released one it is", () => {
  const { message, characters, sha256, released, differing } = check({});
  assert.equal(message, train);
  assert.deepEqual({ characters, sha256 }, print(train));
  assert.deepEqual([characters, released, differing], [544, "train", []]);
  const other = check({ template: "released-test", frames: 12 });
  assert.deepEqual(
    [other.characters, other.released, other.comparedWith, other.differing],
    [635, "test", "test", []],
  );
});

test("one whole text is cut where the released question ends", () => {
  const whole = (template: string, count: number, text: string) =>
    check({ template, frames: count, question: text, instruction: undefined });
  assert.equal(whole("released-train", 6, `${question} ${instruction}`).released, "train");
  assert.equal(whole("released-test", 12, `${question}${instruction}`).released, "test");
  const unspaced = whole("released-train", 6, `${question}${instruction}`);
  assert.deepEqual([unspaced.released, unspaced.differing], [null, ["layout"]]);
});

test("says which part differs", () => {
  assert.deepEqual(check({ question: "ö".repeat(281) }).differing, ["question"]);
  assert.deepEqual(check({ instruction: "x" }).differing, ["instruction"]);
  assert.deepEqual(check({ instruction: undefined }).differing, ["instruction"]);
  assert.deepEqual(check({ frames: 12 }).differing, ["layout"]);
  assert.deepEqual(check({ motion: false }).differing, ["layout"]);
  assert.deepEqual(check({ own: { ...own, system: null } }).differing, ["system message"]);
  assert.equal(check({ own: { ...own, system: null } }).released, "train");
  const ours = check({ template: "default", frames: 12, question: undefined, instruction: undefined });
  assert.deepEqual(
    [ours.released, ours.comparedWith, ours.differing],
    [null, "test", ["layout", "question", "instruction"]],
  );
});

test("a line for each difference, with found and released SHA-256", () => {
  const lines = promptDifferences(check({ instruction: undefined, question: "Q" }));
  assert.deepEqual(lines, [
    `question: found 1 characters, SHA-256 ${print("Q").sha256}; released: 281 characters, SHA-256 ${facts.question.sha256}`,
    `instruction: found none; released: 120 characters, SHA-256 ${facts.instruction.sha256}`,
  ]);
});

test("dummies are not the released prompt", () => {
  const { released, parts } = checkPrompt({
    template: "released-train",
    frames: 6,
    own,
    question,
    instruction,
  });
  assert.equal(released, null);
  assert.deepEqual(
    parts.map(({ same, expected }) => [same, expected.characters]),
    [
      [false, 58],
      [true, 167],
      [false, 281],
      [false, 120],
    ],
  );
});
