/** Fuzz target: a user's file with what is asked. Lists with a question: the target of lists. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { readPrompt } from "../../lib/text/prompt-file.js";
import { oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { words } from "./json.js";

export const READERS = ["lib/text/prompt-file.ts"];

const PIECES = [
  "How good is it?",
  "Rate it.",
  " ",
  "\t",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  "\u2028",
  "\ufeff",
  "\u00a0",
];
const WORDS = words(...PIECES, "\u0000", "x".repeat(5000), "\n".repeat(5000));

export function make(draws: Draws): Uint8Array {
  const text = Array.from({ length: draws.below(8) }, () => oneOf(draws, PIECES)).join("");
  return packed({ prompt: spoilt(draws, new TextEncoder().encode(text), WORDS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, ["prompt"], async (dir) => {
    const { question, instruction = "x" } = await readPrompt(join(dir, "prompt"));
    assert.ok(question?.trim() !== "" && instruction.trim() !== "", "what is asked is a text");
  });
}
