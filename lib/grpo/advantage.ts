/** Group-relative advantages. A pure function of rewards. */
import { checkInteger, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { mean, variance } from "../core/stats.js";

/** How rewards of a group become advantages. */
export interface AdvantageOptions {
  /**
   * "released" (default): divide by the unbiased deviation plus 1e-4. "paper": by the deviation of the K
   * rewards. "none": do not divide, as in Dr. GRPO.
   */
  readonly scale?: "released" | "paper" | "none" | undefined;
}

/**
 * How much better each sample is than its own group.
 *
 * @param rewards  [N·K], prompt-major; finite, or null for an answer that is left out.
 * @param samples  K ≥ 2.
 * @returns        [N·K]; each group sums to 0; all zero when a group's rewards are equal; 0 for what is left out.
 * @throws {EngineError} E_OPTION if the length is not a multiple of K; E_NUMERIC if a reward is not finite, or rewards
 *                       of a group are so far apart (1e150 and more) that their mean or deviation overflows.
 * @source DeepSeekMath, outcome supervision; VQAThinker equation 2.
 */
export function advantages(
  rewards: ArrayLike<number | null>,
  samples: number,
  options: AdvantageOptions = {},
): Float64Array {
  checkInteger("samples", samples, 2);
  if (rewards.length % samples !== 0)
    throw optionError("rewards", `a multiple of ${samples} numbers`, rewards.length);
  const scale = options.scale ?? "released";
  const result = new Float64Array(rewards.length);
  for (let start = 0; start < rewards.length; start += samples) {
    const places = Array.from({ length: samples }, (_, k) => start + k).filter((i) => rewards[i] !== null);
    const group = Float64Array.from(places, (i) => rewards[i] ?? Number.NaN);
    const at = group.findIndex((reward) => !Number.isFinite(reward));
    if (at >= 0) throw new EngineError("E_NUMERIC", `rewards[${places[at]}] is ${group[at]}`);
    if (isConstant(group)) continue;
    const centre = mean(group);
    const divisor = deviation(group, scale);
    const gains = group.map((reward) => (reward - centre) / divisor);
    // An infinite deviation would make zeros of rewards that differ.
    if (!Number.isFinite(divisor) || !gains.every(Number.isFinite)) {
      const values = `they reach from ${Math.min(...group)} to ${Math.max(...group)}`;
      const message = `rewards[${start}] to rewards[${start + samples - 1}]: ${values}, and their spread overflows`;
      throw new EngineError("E_NUMERIC", message);
    }
    places.forEach((place, i) => {
      result[place] = gains[i] ?? Number.NaN;
    });
  }
  return result;
}

/** True when a group's rewards differ by rounding at most: dividing by such a spread would make noise a signal. */
export function isConstant(group: ArrayLike<number>): boolean {
  const values = Array.from(group);
  const largest = Math.max(1, ...values.map(Math.abs));
  return Math.max(...values) - Math.min(...values) <= 1e-12 * largest;
}

function deviation(group: Float64Array, scale: "released" | "paper" | "none"): number {
  if (scale === "none") return 1;
  return scale === "paper" ? Math.sqrt(variance(group, 0)) : Math.sqrt(variance(group, 1)) + 1e-4;
}
