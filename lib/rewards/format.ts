/** Format reward: is the answer one think block followed by one answer block? */
import { z } from "zod";
import { checkVariant, type DirectReward, type Variant, variantKey } from "./reward.js";

export const formatSchema = z.strictObject({ name: z.literal("format"), variant: variantKey });

const FORMAT = /^<think>.*?<\/think>\s*<answer>.*?<\/answer>$/s;

/**
 * 1 where the whole text is `<think>…</think>`, optional white space, `<answer>…</answer>`; else 0.
 * Nothing may stand before, between or after; empty blocks pass.
 *
 * @param options.variant  both compute the same: the paper names the format, the public trainer's test fixes it.
 * @source VQAThinker, format reward.
 */
export function formatReward(options: { variant: Variant }): DirectReward {
  checkVariant(options.variant);
  return ({ videos }) =>
    videos.map(({ answers }) => Float64Array.from(answers, ({ text }) => (FORMAT.test(text) ? 1 : 0)));
}
