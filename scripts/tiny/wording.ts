/** What the tiny model is asked and what it answers: the words its tokenizer knows whole. Pure text; knows no model. */
import {
  DISTORTIONS,
  type Distortion,
  QUALITY_WORDS,
  qualityWord,
  SEVERITY_WORDS,
  severityWord,
} from "../../lib/synthetic/opinion.js";
import { INTERNVL_SPECIAL } from "../../lib/tokenizer/special-tokens.js";
import type { Family } from "./family.js";

/** The `prompt` part of the tiny checkpoints' settings. Short, because every prompt row costs time. */
export const PROMPT = {
  system: null,
  lead: "Video:\n",
  frame: "",
  frameEnd: "",
  motion: "\nMotion:",
  motionEnd: "\n",
  question: "Rate the quality from 1 to 5.",
} as const;

/** Is a token's text a digit or one of these judgements: what was seen, not the form of the answer? */
export function findingsAmong(judgements: Iterable<string>): (text: string) => boolean {
  const known = new Set(judgements);
  return (text) => /^\d$/.test(text) || known.has(text.trim());
}

/** Words after a space, each one token. */
const SPACED_WORDS: readonly string[] = [
  ...DISTORTIONS,
  ...SEVERITY_WORDS,
  "overall",
  ...QUALITY_WORDS,
  ..."the quality from to of this video with two score is and motion".split(" "),
];

/** Words at the start of a line, each one token. */
const OPENING_WORDS: readonly string[] = ["user", "assistant", "system", "Video", "Motion", "Frame", "Rate"];

/** Added tokens with a meaning of their own, never part of an answer's text. Ids follow the base vocabulary in this order. */
export const SPECIAL_TOKENS: readonly string[] = [
  "<|im_end|>",
  "<|endoftext|>",
  "<|im_start|>",
  ...INTERNVL_SPECIAL,
];

/** Added tokens that are ordinary text: decoding keeps them. */
export const TAGS: readonly string[] = ["<think>", "</think>", "<answer>", "</answer>"];

export const END_TOKEN = "<|im_end|>";

/**
 * The answer that warm-up teaches, without the end token.
 *
 * @param severities  of the five distortions, 0..1; absent means 0.
 * @param score       1..5; written with two decimals.
 */
export function reply(severities: Readonly<Partial<Record<Distortion, number>>>, score: number): string {
  const findings = DISTORTIONS.map((name) => ` ${name} ${severityWord(severities[name] ?? 0)}`).join(",");
  return `<think>${findings}. overall ${qualityWord(score)}.</think><answer>${score.toFixed(2)}</answer>`;
}

const NOTICE =
  "vqathinker's tiny checkpoint is a demonstration model: it learned from synthetic clips and is no judge of real footage.";

/** Patches of 8 pixels on 64-pixel frames give 16 visual tokens a frame. */
export const TINY: Family = {
  shape: {
    frames: 6,
    imageSize: 64,
    patch: 8,
    vision: { hidden: 64, layers: 2, heads: 4, intermediate: 256, layerScale: 0.1 },
    language: { hidden: 96, layers: 3, heads: 6, kvHeads: 2, intermediate: 256, positions: 512 },
    motion: {
      stems: { slow: 16, fast: 4 },
      stages: [
        { blocks: 1, slow: [16, 32, 1], fast: [8, 16, 3] },
        { blocks: 1, slow: [16, 48, 1], fast: [8, 32, 3] },
      ],
    },
  },
  words: { spaced: SPACED_WORDS, opening: OPENING_WORDS },
  // The longest answer it writes, with room to fail in.
  settings: { maxNewTokens: 48, prompt: PROMPT, notice: NOTICE },
};
