/** Prompts by their parts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsSchema } from "../../../lib/checkpoint/settings.js";
import { buildPrompt } from "../../../lib/text/prompt.js";
import { fakeTokenizer } from "../../helpers/fake-engine.js";

const wording = {
  system: null,
  lead: "L\n",
  frame: "F{i}:",
  frameEnd: "\n",
  motion: "M:",
  motionEnd: "\n",
  question: "Q?",
};

/** The ids as text again, runs of slots as [count]. */
function shown(ids: Int32Array): string {
  const words = ["<|im_start|>", "<|im_end|>", "<img>", "</img>", "#"];
  return Array.from(ids, (id) => words[id] ?? fakeTokenizer.decode([id]))
    .join("")
    .replace(/#+/g, (run) => `[${run.length}]`);
}

test("frames in order, the motion slot last, the turn left open for the answer", () => {
  const ids = buildPrompt(fakeTokenizer, wording, { frames: 2, visualTokens: 4, motion: true });
  assert.equal(
    shown(ids),
    "<|im_start|>user\nL\nF1:<img>[4]</img>\nF2:<img>[4]</img>\nM:<img>[1]</img>\nQ?<|im_end|>\n<|im_start|>assistant\n",
  );
});

test("without motion, with a system turn, with a question of one's own", () => {
  const ids = buildPrompt(
    fakeTokenizer,
    { ...wording, system: "S" },
    { frames: 1, visualTokens: 2, motion: false },
    "Why?",
  );
  assert.equal(
    shown(ids),
    "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nL\nF1:<img>[2]</img>\nWhy?<|im_end|>\n<|im_start|>assistant\n",
  );
});

test("parts encoded apart equal the text encoded whole", () => {
  const { prompt } = settingsSchema.parse({});
  const ids = buildPrompt(fakeTokenizer, prompt, { frames: 1, visualTokens: 3, motion: false });
  const slots = "<IMG_CONTEXT>".repeat(3);
  const text = `<|im_start|>user\n${prompt.lead}${prompt.frame.replace("{i}", "1")}<img>${slots}</img>${prompt.frameEnd}${prompt.question}<|im_end|>\n<|im_start|>assistant\n`;
  assert.deepEqual(ids, fakeTokenizer.encode(text));
});
