/** Which rewards can teach, seen before the first update: from the answers of the first step, and from the rewards' form. */
import { percent } from "../core/percent.js";
import type { RewardTable } from "../rewards/combine.js";
import { gateOf } from "../rewards/temporal.js";
import { unparsedRule } from "../rewards/unparsed.js";
import { isConstant } from "./advantage.js";
import type { RewardConfig } from "./rewards.js";

/** What the dry check found of one reward. */
export interface Teaching {
  /** Share of videos whose answers it tells apart; where it is 0, it teaches nothing. */
  readonly teaches: number;
  /** Share of answers that it leaves out. */
  readonly leftOut: number;
}

export interface DryCheck {
  readonly rewards: Readonly<Record<string, Teaching>>;
  readonly message: string;
}

/** Rewards that can never tell answers apart, and why. */
export function inertRewards(rewards: readonly RewardConfig[]): Map<string, string> {
  const inert = new Map<string, string>();
  for (const reward of rewards) {
    const { name, weight } = reward;
    if (weight === 0) inert.set(name, "its weight is 0");
    else if (name === "temporal" && gateOf(reward) === "video")
      inert.set(name, 'by gate "video" all answers to a video earn the same');
  }
  return inert;
}

/** Rewards that draw a score where an answer holds none. */
export function drawnRewards(rewards: readonly RewardConfig[]): string[] {
  return rewards.flatMap((reward) => {
    if (reward.name !== "ranking" && reward.name !== "regression") return [];
    return unparsedRule(reward.variant, reward.unparsed) === "random" ? [reward.name] : [];
  });
}

/**
 * @param inert  name → why, of those that cannot teach by their form.
 * @param drawn     names of those that draw a score where there is none.
 * @param unparsed  share of answers without a score.
 */
export function dryCheck(
  table: RewardTable,
  inert: ReadonlyMap<string, string>,
  drawn: readonly string[],
  unparsed: number,
): DryCheck {
  const rewards = Object.fromEntries([...table.parts].map(([name, groups]) => [name, teaching(groups)]));
  const answers = table.total[0]?.length ?? 0;
  const shares = Object.entries(rewards).map(([name, { teaches, leftOut }]) => {
    const left = leftOut === 0 ? "" : ` (${percent(leftOut)} of answers left out)`;
    return `${name} ${percent(teaches)}${left}`;
  });
  const silent = Object.entries(rewards)
    .filter(([name, { teaches }]) => teaches === 0 || inert.has(name))
    .map(
      ([name]) => `${name} teaches nothing${inert.has(name) ? `: ${inert.get(name)}` : " on these answers"}`,
    );
  const message =
    `dry check, ${table.total.length} videos with ${answers} answers each: videos whose answers a reward tells apart: ` +
    [shares.join(", "), ...silent, ...dice(unparsed, drawn)].join("; ");
  return { rewards, message };
}

/** Answers without a score differ by what is drawn for them, which tells nothing of them. */
function dice(unparsed: number, drawn: readonly string[]): string[] {
  if (unparsed === 0 || drawn.length === 0) return [];
  const all = unparsed === 1 ? ", so that they tell nothing but that" : "";
  return [`${percent(unparsed)} of answers hold no score: for them ${drawn.join(" and ")} draw one${all}`];
}

function teaching(groups: readonly (readonly (number | null)[])[]): Teaching {
  const values = groups.flat();
  const apart = groups.filter((group) => !isConstant(group.filter((value) => value !== null)));
  return {
    teaches: apart.length / groups.length,
    leftOut: values.filter((value) => value === null).length / values.length,
  };
}
