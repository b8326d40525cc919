/** A model as a scorer: it is asked about clips, and a score is read from what it writes. */
import type { Scale } from "../data/scale.js";
import type { Clip, Model, Prompt } from "../model/types.js";
import { type AnswerVariant, parseAnswer } from "../text/answer.js";
import { checkTemplate } from "../text/templates.js";
import { checkExpected, expectedScore } from "./expected.js";
import type { Judgement, Scorer } from "./scorer.js";
import { answerAll, clipPlan, promptFor, type ScoreOptions } from "./session.js";

/**
 * A number that is not on the checkpoint's scale is no score; only the released reading keeps it, as the released
 * evaluation does.
 *
 * @param options  how it is asked; the signal is that of each call.
 * @throws {EngineError} E_OPTION for options that do not fit.
 */
export function modelScorer(model: Model, options: Omit<ScoreOptions, "signal"> = {}): Scorer<Clip> {
  const { scale, notice, answers } = model.settings;
  const { variant = answers } = options;
  const plan = clipPlan(model, options);
  checkTemplate(options.template ?? "default", options);
  const givesExpected = checkExpected(options.expected, variant, model);
  return {
    scale,
    notice: notice ?? undefined,
    givesExpected,
    open: (path, signal) => model.openClip(path, { ...plan, signal }),
    async score(clips, signal) {
      const prompts = clips.map((clip) => promptFor(model, clip, options));
      const answers = await answerAll(model, prompts, { ...options, signal });
      const judgements: Judgement[] = [];
      for (const [i, written] of answers.entries()) {
        const score = readScore(written.text, scale, variant);
        const said = { number: score, text: written.text, choice: null };
        const read = () => expectedScore(model, prompts[i] as Prompt, written, { score, scale, signal });
        judgements.push(givesExpected ? { ...said, expected: await read() } : said);
      }
      return judgements;
    },
  };
}

/** The score that stands in an answer; null for none, and for one off the scale where the reading is not the released one. */
export function readScore(text: string, scale: Scale, variant: AnswerVariant | undefined): number | null {
  const { score } = parseAnswer(text, { variant, top: scale.max });
  if (score === null || variant === "released") return score;
  return score >= scale.min && score <= scale.max ? score : null;
}

export function isScorer(given: Scorer | Model): given is Scorer {
  return "open" in given;
}

/** What was given as a scorer. A scorer of its own kind opens videos itself; a model leaves that to its options. */
export function scorerOf(given: Scorer | Model, options: ScoreOptions): Scorer {
  return isScorer(given) ? given : modelScorer(given, options);
}
