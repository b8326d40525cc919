/** What a run that began by earlier rules keeps of them: how its answers are read and what their form earns. */
import type { GrpoConfig } from "./keys.js";

type Read = Pick<GrpoConfig, "answers" | "rewards" | "rules">;

/**
 * By rules 1 the paper's reading was the first number of the last answer block, and its format reward the released
 * trainer's, which both are here by their own names still.
 */
export function readAsBegun<C extends Read>(config: C): C {
  if (config.rules !== 1) return config;
  const rewards = config.rewards.map((reward) =>
    reward.name === "format" ? { ...reward, variant: "released" as const } : reward,
  );
  return { ...config, answers: config.answers === "paper" ? "first" : config.answers, rewards };
}
