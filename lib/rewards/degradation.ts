/** Degradation reward: does the answer name what is wrong with the video, and how badly? */
import { z } from "zod";
import { answerObject } from "../core/answer-blocks.js";
import { checkNumber } from "../core/check.js";
import { type DirectReward, direct, weightKey } from "./reward.js";
import { type PlainUnparsed, plainRule, plainUnparsedKey, unscored } from "./unparsed.js";

/** Q-Insight's. */
const CLASS = { key: "distortion_class", reward: 0.25 };
const SEVERITY = { key: "severity", reward: 0.75 };

export const degradationSchema = z.strictObject({
  name: z.literal("degradation"),
  weight: weightKey,
  classKey: z
    .string()
    .min(1)
    .default(CLASS.key)
    .describe("What the answer's flat JSON and the list call the class. Q-Insight."),
  severityKey: z.string().min(1).default(SEVERITY.key).describe("What both call the severity. Q-Insight."),
  classReward: z.number().default(CLASS.reward).describe("For the right class. Q-Insight."),
  severityReward: z
    .number()
    .default(SEVERITY.reward)
    .describe("For the right severity beside the right class. Q-Insight."),
  unparsed: plainUnparsedKey,
});

/** Settings of the degradation reward; the defaults are Q-Insight's. */
export interface DegradationOptions {
  /** Name of the class in a flat JSON answer and in a row's fields; default "distortion_class". */
  classKey?: string | undefined;
  /** Name of the severity in both; default "severity". */
  severityKey?: string | undefined;
  /** Default 0.25. */
  classReward?: number | undefined;
  /** Default 0.75. */
  severityReward?: number | undefined;
  /** Default "zero". */
  unparsed?: PlainUnparsed | undefined;
}

/**
 * 0.25 for the right class and 0.75 more where the severity is right too; texts are compared without the blanks around
 * them, "null" for JSON's null.
 *
 * @returns for an answer that is no flat JSON object with both names 0, or null by `unparsed: "drop"`; null for every
 *          answer to a video whose row names no class, so that rows with and without one can be trained on together.
 * @throws {EngineError} E_OPTION for an option that does not fit.
 * @source Q-Insight, degradation reward.
 */
export function degradationReward(options: DegradationOptions = {}): DirectReward {
  const { classKey = CLASS.key, severityKey = SEVERITY.key } = options;
  const classReward = checkNumber("classReward", options.classReward ?? CLASS.reward);
  const severityReward = checkNumber("severityReward", options.severityReward ?? SEVERITY.reward);
  const rule = plainRule(options.unparsed);
  return direct(({ videos }) =>
    videos.map(({ answers, fields }) => {
      const [trueClass, trueSeverity] = [fields?.[classKey], fields?.[severityKey]].map(word);
      if (trueClass === undefined) return answers.map(() => null);
      return answers.map(({ text }) => {
        const object = answerObject(text);
        const [named, severity] = [object?.get(classKey), object?.get(severityKey)].map(word);
        if (named === undefined || severity === undefined) return unscored(rule);
        if (named !== trueClass) return 0;
        return classReward + (severity === trueSeverity ? severityReward : 0);
      });
    }),
  );
}

/** undefined where there is no value. */
function word(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value).trim();
}
