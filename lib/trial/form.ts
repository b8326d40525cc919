/**
 * Forms of an answer: what a preset asks for, how its answers are read, and how an answer of the tiny model, which thinks and
 * answers by a bare number, is written anew in it. Pure.
 */
import type { InferOptions } from "../infer/session.js";
import { type PresetName, presetOf } from "../presets/presets.js";
import type { AnswerForm } from "../rewards/format.js";
import { type AnswerVariant, parseAnswer } from "../text/answer.js";
import { overlayOf } from "./overlay.js";

/** The tiny model's own question and form, which the others are told apart from. */
const PROMPTS: Readonly<Record<AnswerForm, string>> = {
  think: "Rate the quality from 1 to 5.",
  answer: "Rate the quality from 1 to 5 at once.",
  json: "Rate the quality from 1 to 5 as JSON.",
};

export interface DemoForm {
  readonly form: AnswerForm;
  /** What is asked. */
  readonly prompt: string;
  /** How a score is read. */
  readonly variant: AnswerVariant;
  /** Has the tiny model this form already? */
  readonly isOwn: boolean;
}

/** @param preset  null for the demonstration's own method. */
export function formOf(preset: PresetName | null): DemoForm {
  const settings = preset === null ? {} : presetOf(preset).settings;
  const form = (settings["rewards.format.form"]?.value ?? "think") as AnswerForm;
  const variant = (settings["answers"]?.value ?? "paper") as AnswerVariant;
  return { form, prompt: PROMPTS[form], variant, isOwn: form === "think" };
}

/** How a model of a preset's run is asked when it is measured. */
export function askedOf(
  preset: PresetName,
  { prompt, variant }: DemoForm,
): Pick<InferOptions, "question" | "variant" | "maxNewTokens"> {
  const maxNewTokens = Number(overlayOf(preset)["maxNewTokens"]?.value);
  return { question: prompt, variant, maxNewTokens };
}

/** The answer in another form: the same reasoning and the same score; null for one without a score. */
export function rewritten(text: string, form: AnswerForm): string | null {
  const { score, reasoning } = parseAnswer(text);
  if (score === null) return null;
  const number = score.toFixed(2);
  switch (form) {
    case "think":
      return text;
    case "answer":
      return `<answer>${number}</answer>`;
    case "json":
      return `<think>\n${reasoning ?? ""}\n</think>\n<answer>\n{"rating": ${number}}\n</answer>`;
  }
}
