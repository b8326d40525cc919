/** Format reward: has the answer the form that was asked for? */
import { z } from "zod";
import { ANSWER_ALONE, ONE_OF_EACH } from "../core/answer-blocks.js";
import { checkOneOf } from "../core/check.js";
import { checkVariant, type DirectReward, direct, type Variant, variantKey, weightKey } from "./reward.js";

const FORMS = ["think", "answer", "json"] as const;

/**
 * "think": one think block followed by one answer block. "answer": one answer block alone, for a model that is not asked to
 * think. "json": as "think" with every tag on lines of its own, and a flat object in the answer, as Q-Insight asks for.
 */
export type AnswerForm = (typeof FORMS)[number];

export const formatSchema = z.strictObject({
  name: z.literal("format"),
  weight: weightKey,
  variant: variantKey,
  form: z
    .enum(FORMS)
    .default("think")
    .describe(
      "A think and an answer block (paper), an answer block alone (paper, table 4), JSON (Q-Insight).",
    ),
});

/** Settings of the format reward. */
export interface FormatOptions {
  variant: Variant;
  /** Default "think". */
  form?: AnswerForm | undefined;
}

/**
 * What stands on its lines alone, white space beside it or not. White space is matched up to the first line feed or from the
 * last one on, never around one: thousands of line feeds would be tried in as many ways.
 */
const JSON_FORM =
  /^<think>[^\S\n]*\n.*?\n[^\S\n]*<\/think>\s*\n<answer>\s*\n\{[^{}]*\}[^\S\n]*\n\s*<\/answer>\s*$/s;

const TESTS: Readonly<Record<AnswerForm, Readonly<Record<Variant, RegExp>>>> = {
  think: { paper: ONE_OF_EACH, released: /^<think>.*?<\/think>\s*<answer>.*?<\/answer>$/s },
  answer: { paper: ANSWER_ALONE, released: /^<answer>.*?<\/answer>$/s },
  json: { paper: JSON_FORM, released: JSON_FORM },
};

/**
 * 1 where the whole text has the form, else 0. For "think" it is `<think>…</think>`, optional white space,
 * `<answer>…</answer>`: nothing may stand before, between or after; empty blocks pass.
 *
 * @param options.variant  "paper": one block of each, with no further tag of theirs inside. "released": as the public
 *                         trainer's test has it, which two answer blocks in a row pass as well. "json" knows one way only.
 * @source VQAThinker, format reward and table 4; Q-Insight, format reward.
 */
export function formatReward(options: FormatOptions): DirectReward {
  const variant = checkVariant(options);
  const form = TESTS[checkOneOf("form", options.form ?? "think", FORMS)][variant];
  return direct(({ videos }) =>
    videos.map(({ answers }) => answers.map(({ text }) => (form.test(text) ? 1 : 0))),
  );
}
