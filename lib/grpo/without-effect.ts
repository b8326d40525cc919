/** Settings that change nothing beside the others, in words: refused nowhere, since a configuration may be varied. Pure. */
import type { GrpoConfig } from "./keys.js";

/** @param own  Does a program give rewards of its own, which may read whatever they are given? */
export function withoutEffect(config: GrpoConfig, own: boolean): string[] {
  const { beta, klEstimator, klBiasCorrection, delta, clipHigh, temporal, rewards } = config;
  const said: string[] = [];
  if (beta === 0 && (klEstimator !== "k3" || klBiasCorrection))
    said.push("klEstimator and klBiasCorrection have no effect: beta is 0, so that there is no KL term");
  if (delta !== undefined && delta < 1 + (clipHigh ?? 0))
    said.push(
      `delta ${delta} is below 1 + clipHigh: answers that gained teach nothing once their ratio is above it`,
    );
  if (temporal.perturb && !own && !rewards.some(({ name }) => name === "temporal" || name === "own"))
    said.push("temporal.perturb asks for answers to perturbed copies, and no reward reads them");
  for (const reward of rewards)
    if (reward.name === "ranking" && reward.choice === "block" && reward.opponents === "all")
      said.push('choice "block" of the ranking reward has no effect: opponents are all videos');
  return said;
}
