/** Advantages of answers from their rewards. Pure; a reward that is null is left out. */
import { checkInteger, checkOneOf, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { mean, variance } from "../core/stats.js";

/** Rewards of all answers, prompt-major; null where there is nothing to score. */
export type Rewards = ArrayLike<number | null>;

/** How rewards of a group become advantages. */
export interface AdvantageOptions {
  /**
   * "released" (default): divide by the unbiased deviation plus 1e-4. "paper": by the deviation of the K
   * rewards. "none": do not divide, as in Dr. GRPO. "batch": by the unbiased deviation of all rewards plus 1e-4.
   */
  readonly scale?: "released" | "paper" | "none" | "batch" | undefined;
}

/** How several rewards become one advantage. */
export interface AggregationOptions extends AdvantageOptions {
  /**
   * "sum_then_normalize" (default): the advantage of the weighted sum. "normalize_then_sum": each reward is measured in
   * its own group's unbiased deviations (plus 1e-4), then the weighted sum in those of all answers, as in GDPO.
   */
  readonly aggregation?: "sum_then_normalize" | "normalize_then_sum" | undefined;
  /** One per reward; default 1 each. */
  readonly weights?: readonly number[] | undefined;
}

const SCALES = ["released", "paper", "none", "batch"] as const;
const AGGREGATIONS = ["sum_then_normalize", "normalize_then_sum"] as const;
/** Beside a deviation that it is divided by. */
const EPSILON = 1e-4;

/**
 * How much better each sample is than its own group.
 *
 * @param rewards  [N·K], prompt-major; finite, or null, which is left out of mean and deviation.
 * @param samples  K ≥ 2.
 * @returns        [N·K]; each group sums to 0; 0 where the reward is null, and all zero when a group's rewards are equal.
 * @throws {EngineError} E_OPTION if the length is not a multiple of K; E_NUMERIC if a reward is not finite, or rewards
 *                       of a group are so far apart (1e150 and more) that their mean or deviation overflows.
 * @source DeepSeekMath, outcome supervision; VQAThinker equation 2.
 */
export function advantages(rewards: Rewards, samples: number, options: AdvantageOptions = {}): Float64Array {
  checkRewards("rewards", rewards, samples);
  const scale = checkOneOf("scale", options.scale ?? "released", SCALES);
  const shared = scale === "batch" ? Math.sqrt(variance(scored(rewards), 1)) + EPSILON : null;
  const result = new Float64Array(rewards.length);
  for (let start = 0; start < rewards.length; start += samples) {
    const group = Array.from({ length: samples }, (_, k) => rewards[start + k] ?? null);
    if (isConstant(group)) continue;
    const known = scored(group);
    const centre = mean(known);
    const divisor = shared ?? deviation(known, scale);
    const gains = group.map((reward) => (reward === null ? 0 : (reward - centre) / divisor));
    // An infinite deviation would make zeros of rewards that differ.
    if (!Number.isFinite(divisor) || !gains.every(Number.isFinite)) {
      const values = `they reach from ${Math.min(...known)} to ${Math.max(...known)}`;
      const message = `rewards[${start}] to rewards[${start + samples - 1}]: ${values}, and their spread overflows`;
      throw new EngineError("E_NUMERIC", message);
    }
    result.set(gains, start);
  }
  return result;
}

/**
 * Advantages of answers that several rewards judge. A reward that is null for an answer is left out for it; an answer
 * without any has advantage 0 and is left out of means and deviations.
 *
 * @param parts  [rewards][N·K], as `rewards` of `advantages`.
 * @throws {EngineError} as `advantages`; E_OPTION for weights of another number, and for a scale with normalize_then_sum.
 */
export function aggregatedAdvantages(
  parts: readonly Rewards[],
  samples: number,
  options: AggregationOptions = {},
): Float64Array {
  const { weights = parts.map(() => 1), aggregation = "sum_then_normalize", scale } = options;
  checkOneOf("aggregation", aggregation, AGGREGATIONS);
  if (weights.length !== parts.length || !weights.every(Number.isFinite))
    throw optionError("weights", `${parts.length} finite numbers, one per reward`, weights);
  parts.forEach((part, i) => {
    checkRewards(`parts[${i}]`, part, samples);
    if (part.length !== parts[0]?.length)
      throw optionError(`parts[${i}]`, `${parts[0]?.length} values, as many as parts[0]`, part.length);
  });
  if (aggregation === "sum_then_normalize")
    return advantages(weightedSum(parts, weights), samples, { scale });
  if (scale !== undefined && scale !== "released")
    throw optionError("scale", '"released" with aggregation "normalize_then_sum"', scale);
  const measured = parts.map((part) => {
    const gains = advantages(part, samples);
    return Array.from(gains, (gain, i) => ((part[i] ?? null) === null ? null : gain));
  });
  const sums = weightedSum(measured, weights);
  const known = scored(sums);
  const [centre, divisor] = [mean(known), Math.sqrt(variance(known, 1)) + EPSILON];
  // One answer alone has no deviation.
  return Float64Array.from(sums, (sum) => (sum === null || isConstant(known) ? 0 : (sum - centre) / divisor));
}

/** True when a group's rewards differ by rounding at most: dividing by such a spread would make noise a signal. */
export function isConstant(group: Rewards): boolean {
  const values = scored(group);
  if (values.length < 2) return true;
  const largest = Math.max(1, ...values.map(Math.abs));
  return Math.max(...values) - Math.min(...values) <= 1e-12 * largest;
}

/** The rewards that are there. */
export function scored(rewards: Rewards): number[] {
  return Array.from(rewards).filter((reward) => reward !== null);
}

function checkRewards(option: string, rewards: Rewards, samples: number): void {
  checkInteger("samples", samples, 2);
  if (rewards.length % samples !== 0)
    throw optionError(option, `a multiple of ${samples} numbers`, rewards.length);
  const at = Array.from(rewards).findIndex((reward) => reward !== null && !Number.isFinite(reward));
  if (at >= 0) throw new EngineError("E_NUMERIC", `${option}[${at}] is ${rewards[at]}`);
}

/** Over the rewards that are not null for an answer; null where none is. */
function weightedSum(parts: readonly Rewards[], weights: readonly number[]): (number | null)[] {
  return Array.from({ length: parts[0]?.length ?? 0 }, (_, i) => {
    const known = parts.flatMap((part, p) => {
      const reward = part[i] ?? null;
      return reward === null ? [] : [reward * (weights[p] as number)];
    });
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
  });
}

function deviation(group: readonly number[], scale: "released" | "paper" | "none" | "batch"): number {
  if (scale === "none") return 1;
  return scale === "paper" ? Math.sqrt(variance(group, 0)) : Math.sqrt(variance(group, 1)) + EPSILON;
}
