/** SFT's own keys of a run's configuration, and those of every run whose default is another one here. */
import { z } from "zod";
import { count, positive } from "../core/schema.js";
import { wholeText } from "../core/whole-text.js";

/** What of a reply its video's score stands in. */
export const SCORE_MARK = "{score}";

export const sftKeys = {
  method: z.literal("sft").describe("Supervised fine-tuning on the list's replies."),
  videosPerStep: count.default(8).describe("N, replies of one update. TRL's."),
  learningRate: z.number().min(0).default(2e-5).describe("Peak. TRL's."),
  reply: wholeText
    .optional()
    .describe(
      `Reply to a video whose row has none; ${SCORE_MARK} stands for its score on the model's scale.`,
    ),
  answerWeight: positive
    .default(1)
    .describe("What a token inside a reply's last answer block counts; every other one counts 1. Ours."),
};

/** SFT's keys with every default filled in, and those of a run that it needs. */
export type SftKeys = z.output<z.ZodObject<typeof sftKeys>> & { readonly maxGradNorm: number };
