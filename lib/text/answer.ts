/** Reads reasoning and score out of an answer. Never invents a score. Imports core and its own room only. */
import { answerObject, lastAnswer, ONE_OF_EACH } from "../core/answer-blocks.js";
import { checkOneOf, optionError } from "../core/check.js";
import { decimalNumber } from "../core/decimal.js";
import { withPlainDigits, writtenScore } from "./written-score.js";

export const ANSWER_VARIANTS = ["paper", "released", "strict", "first", "json"] as const;

/**
 * "paper": the one number of the last answer block; a block with several numbers, or with one that goes on ("3,5",
 * "8e-1", "3 to 4"), holds no score. "released": the first number of the last block, without a block that of the whole
 * text, as the public trainer reads it. "strict": the text is one think block and one answer block, and the answer is a
 * plain number and nothing else. "first": the first number of the last block, which is what "paper" was before. "json": the number
 * under "rating" of the flat JSON object that is the last block, as Q-Insight asks for.
 */
export type AnswerVariant = (typeof ANSWER_VARIANTS)[number];

/** What was read from an answer. */
export interface ParsedAnswer {
  /** null when the text holds no score. Not clamped to any scale. */
  score: number | null;
  /** Content of the first think block, trimmed; null when there is none. */
  reasoning: string | null;
  /** Content of the last answer block, trimmed; null when there is none. */
  answer: string | null;
}

/** What counts as a score. */
export interface AnswerOptions {
  /** Default "paper". */
  variant?: AnswerVariant | undefined;
  /** Top of the rating scale, for "4/5" and "4 out of 5" in the paper's reading; default: 5, 10 or 100. */
  top?: number | undefined;
}

// \p{Nd} as the public trainer's \d: decimal digits of every script.
const NUMBER = /-?\p{Nd}+(?:\.\p{Nd}+)?/u;
const PLAIN = /^\s*(-?\d+(?:\.\d+)?)\s*$/;

/** @throws {EngineError} E_OPTION for a variant that is none, and for what is no text. */
export function parseAnswer(text: string, options: AnswerOptions = {}): ParsedAnswer {
  const variant = checkOneOf("variant", options.variant ?? "paper", ANSWER_VARIANTS);
  if (typeof text !== "string") throw optionError("text", "a text", text);
  const answer = lastAnswer(text);
  const reasoning = /<think>(.*?)(?:<\/think>|<answer>|$)/s.exec(text)?.[1]?.trim() ?? null;
  return { score: findScore(text, answer, variant, options.top), reasoning, answer };
}

function findScore(
  text: string,
  answer: string | null,
  variant: AnswerVariant,
  top: number | undefined,
): number | null {
  switch (variant) {
    case "paper":
      return writtenScore(answer ?? "", top);
    case "json":
      return ratingOf(text);
    case "strict":
      return decimalNumber(PLAIN.exec(ONE_OF_EACH.exec(text.trim())?.[2] ?? "")?.[1] ?? "");
    default: {
      const searched = answer ?? (variant === "released" ? text : "");
      return decimalNumber(withPlainDigits(NUMBER.exec(searched)?.[0] ?? ""));
    }
  }
}

/** A number, or a text that is one. */
function ratingOf(text: string): number | null {
  const rating = answerObject(text)?.get("rating");
  if (typeof rating === "number") return Number.isFinite(rating) ? rating : null;
  return typeof rating === "string" ? decimalNumber(rating.trim()) : null;
}
