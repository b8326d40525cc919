/** Comparison reward: is the answer the choice that the list has? */
import { z } from "zod";
import { answerObject, lastAnswer } from "../core/answer-blocks.js";
import { type DirectReward, direct, weightKey } from "./reward.js";
import { type PlainUnparsed, plainRule, plainUnparsedKey, unscored } from "./unparsed.js";

const FIELD = "comparison";

export const comparisonSchema = z.strictObject({
  name: z.literal("comparison"),
  weight: weightKey,
  field: z
    .string()
    .min(1)
    .default(FIELD)
    .describe("Column of the list with the right choice, such as Image A. Ours."),
  key: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Name of the choice in a flat JSON answer; default: the whole answer block. Q-Insight, VQ-Insight.",
    ),
  unparsed: plainUnparsedKey,
});

/** Settings of the comparison reward. */
export interface ComparisonOptions {
  /** Field of a row that holds the right choice; default "comparison". */
  field?: string | undefined;
  /** Name of the choice in a flat JSON answer; default: the answer block is the choice. */
  key?: string | undefined;
  /** Default "zero". */
  unparsed?: PlainUnparsed | undefined;
}

/**
 * 1 where the answer is the row's choice to the letter, blanks around it left out; else 0.
 *
 * @returns for an answer without a choice 0, or null by `unparsed: "drop"`; null for every answer to a video whose row
 *          has none.
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source Q-Insight and VQ-Insight, comparison rewards.
 */
export function comparisonReward(options: ComparisonOptions = {}): DirectReward {
  const { field = FIELD, key } = options;
  const rule = plainRule(options.unparsed);
  return direct(({ videos }) =>
    videos.map(({ answers, fields }) => {
      const right = fields?.[field];
      if (right === undefined) return answers.map(() => null);
      return answers.map(({ text }) => {
        const choice = key === undefined ? lastAnswer(text) : answerObject(text)?.get(key);
        if (choice === undefined || choice === null) return unscored(rule);
        return String(choice).trim() === String(right).trim() ? 1 : 0;
      });
    }),
  );
}
