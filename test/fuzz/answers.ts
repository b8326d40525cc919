/** Fuzz target: what a model wrote. No answer is refused; one that holds no values holds none. */
import assert from "node:assert/strict";
import { answerObject } from "../../lib/core/answer-blocks.js";
import type { Draws } from "../../lib/core/rng.js";
import { ANSWER_VARIANTS, parseAnswer } from "../../lib/text/answer.js";
import { oneOf, spoilt } from "./draw.js";
import { words } from "./json.js";

export const READERS = ["lib/core/answer-blocks.ts"];

const PIECES = [
  "<think>",
  "</think>",
  "<answer>",
  "</answer>",
  '<answer>{"rating": 3.25}</answer>',
  '{"rating": "4"}',
  '{"distortion_class": "blur", "severity": null}',
  '{"rating": {"is": 3}}',
  '{"__proto__": 1, "rating": 1e400}',
  "3.25",
  "\n",
  " ",
];
const WORDS = words(...PIECES, '"', "{", "}", "\\u0000", "[", "-0");

export function make(draws: Draws): Uint8Array {
  const text = Array.from({ length: draws.below(8) }, () => oneOf(draws, PIECES)).join("");
  return spoilt(draws, new TextEncoder().encode(text), WORDS);
}

export async function check(input: Uint8Array): Promise<boolean> {
  const text = new TextDecoder().decode(input);
  for (const variant of ANSWER_VARIANTS) {
    const { score } = parseAnswer(text, { variant });
    assert.ok(score === null || Number.isFinite(score), `${variant}: ${score}`);
  }
  const object = answerObject(text);
  for (const value of object?.values() ?? []) assert.ok(value === null || typeof value !== "object");
  return object !== null;
}
