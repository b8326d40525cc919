/**
 * By which rules a run counts: what its numbers mean where an earlier version meant something else. A run goes on by
 * those that it began with. docs/training.md says what each number stands for.
 */
import { z } from "zod";
import { optionError } from "./check.js";

/**
 * 1: weight decay takes all values, `kl` is the mean over answers of their means, the warm-up ends at the peak; the
 *    paper's reading of an answer is the first number of its block.
 * 2: as the released trainer's libraries have it; the paper's reading is one number that stands alone.
 */
export const rulesSchema = z.union([z.literal(1), z.literal(2)]);
export type Rules = z.output<typeof rulesSchema>;

/** Those of every run that begins now. */
export const LATEST_RULES: Rules = 2;

/** What a configuration may say of its rules. */
export interface MayBeRuled {
  readonly rules?: Rules | undefined;
}

export interface Ruled {
  readonly rules: Rules;
}

/** @throws {EngineError} E_OPTION when the configuration of a run that begins now says other rules than the latest. */
export function newlyRuled<C extends MayBeRuled>(config: C): C & Ruled {
  const { rules = LATEST_RULES } = config;
  if (rules === LATEST_RULES) return { ...config, rules };
  const hint = "leave it out; only a run that is resumed has earlier ones";
  throw optionError("rules", `${LATEST_RULES} for a new run`, rules, hint);
}

/** A run's stored configuration: the first ones said no rules. */
export function ruledAsStored<C extends MayBeRuled>(config: C): C & Ruled {
  return { ...config, rules: config.rules ?? 1 };
}
