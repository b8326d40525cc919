/** Format reward: is the answer one think block followed by one answer block? */
import { z } from "zod";
import { ONE_OF_EACH } from "../core/answer-blocks.js";
import { checkVariant, type DirectReward, type Variant, variantKey } from "./reward.js";

export const formatSchema = z.strictObject({ name: z.literal("format"), variant: variantKey });

const FORMS: Readonly<Record<Variant, RegExp>> = {
  paper: ONE_OF_EACH,
  released: /^<think>.*?<\/think>\s*<answer>.*?<\/answer>$/s,
};

/**
 * 1 where the whole text is `<think>…</think>`, optional white space, `<answer>…</answer>`; else 0.
 * Nothing may stand before, between or after; empty blocks pass.
 *
 * @param options.variant  "paper": one block of each, with no further tag of theirs inside. "released": as the public
 *                         trainer's test has it, which two answer blocks in a row pass as well.
 * @source VQAThinker, format reward.
 */
export function formatReward(options: { variant: Variant }): DirectReward {
  const form = FORMS[checkVariant(options)];
  return ({ videos }) =>
    videos.map(({ answers }) => Float64Array.from(answers, ({ text }) => (form.test(text) ? 1 : 0)));
}
