/** Reads reasoning and score out of an answer. Never invents a score. Imports core only. */
import { checkOneOf } from "../core/check.js";

export const ANSWER_VARIANTS = ["paper", "released", "strict"] as const;

/**
 * "paper": the first number of the last answer block. "released": the same, but without a block the first
 * number of the whole text, as the public trainer reads it. "strict": the text is one think block and one
 * answer block, and the answer is a plain number and nothing else.
 */
export type AnswerVariant = (typeof ANSWER_VARIANTS)[number];

export interface ParsedAnswer {
  /** null when the text holds no score. Not clamped to any scale. */
  score: number | null;
  /** Content of the first think block, trimmed; null when there is none. */
  reasoning: string | null;
  /** Content of the last answer block, trimmed; null when there is none. */
  answer: string | null;
}

// \p{Nd} as the public trainer's \d: decimal digits of every script.
const NUMBER = /-?\p{Nd}+(?:\.\p{Nd}+)?/u;
const STRICT =
  /^<think>(?:(?!<\/?think>|<\/?answer>).)*<\/think>\s*<answer>\s*(-?\d+(?:\.\d+)?)\s*<\/answer>$/s;

/** @param options.variant  default "paper". */
export function parseAnswer(
  text: string,
  options: { variant?: AnswerVariant | undefined } = {},
): ParsedAnswer {
  const variant = checkOneOf("variant", options.variant ?? "paper", ANSWER_VARIANTS);
  const answer = [...text.matchAll(/<answer>(.*?)<\/answer>/gs)].at(-1)?.[1]?.trim() ?? null;
  const reasoning = /<think>(.*?)(?:<\/think>|<answer>|$)/s.exec(text)?.[1]?.trim() ?? null;
  return { score: findScore(text, answer, variant), reasoning, answer };
}

function findScore(text: string, answer: string | null, variant: AnswerVariant): number | null {
  if (variant === "strict") return toNumber(STRICT.exec(text.trim())?.[1]);
  const searched = answer ?? (variant === "released" ? text : "");
  return toNumber(NUMBER.exec(searched)?.[0]);
}

function toNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text.replace(/\p{Nd}/gu, digitValue));
  return Number.isFinite(value) ? value : null;
}

/** Decimal digits of a script are ten code points in a row from zero, so a run's length names the digit. */
function digitValue(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++;
  return String(before % 10);
}
