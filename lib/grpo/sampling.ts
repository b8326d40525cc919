/** Answers of a step with their rewards; videos whose answers teach nothing are asked again where the run says so. */
import { unlessAborted } from "../core/abort.js";
import { type RewardTable, rewardTable } from "../rewards/combine.js";
import type { StepPlace } from "../train/method.js";
import { isConstant } from "./advantage.js";
import { type GrpoRun, type Rollout, rollout } from "./rollout.js";

export interface Sampled {
  readonly rollout: Rollout;
  readonly rewards: RewardTable;
  /** Videos that were asked again, once for each time. */
  readonly resampled: number;
}

/** @source DAPO, Yu et al. 2025: dynamic sampling. */
export async function sampled(run: GrpoRun, place: StepPlace): Promise<Sampled> {
  const { dynamicSampling, resampleRounds } = run.config;
  let now = await rollout(run, place);
  let rewards = await judged(run, place, now);
  let resampled = 0;
  for (let round = 1; dynamicSampling === "resample" && round <= resampleRounds; round++) {
    const silent = now.groups.flatMap((_, i) => (teaches(rewards, i, run.config) ? [] : [i]));
    if (silent.length === 0) break;
    const videos = place.videos.filter((_, i) => silent.includes(i));
    const again = await rollout(run, { ...place, videos }, round);
    resampled += videos.length;
    const groups = now.groups.map((group, i) => again.groups[silent.indexOf(i)] ?? group);
    now = { groups, seconds: now.seconds + again.seconds };
    // All anew: a reward may compare videos.
    rewards = await judged(run, place, now);
  }
  return { rollout: now, rewards, resampled };
}

/** Does what the advantages are made of differ between the answers of a group: the sum of rewards, or one of them? */
export function teaches(
  { parts, total, weights }: RewardTable,
  group: number,
  { aggregation }: Pick<GrpoRun["config"], "aggregation">,
): boolean {
  // A reward that is only measured makes no difference.
  const weighed = [...parts].filter(([name]) => weights.get(name) !== 0).map(([, values]) => values);
  const measured = aggregation === "sum_then_normalize" ? [total] : weighed;
  return measured.some((groups) => !isConstant(groups[group] ?? []));
}

/** @throws the signal's reason when it fires first: a reward may take long, or never answer. */
function judged(
  { config, rewards }: GrpoRun,
  { step, signal }: StepPlace,
  { groups }: Rollout,
): Promise<RewardTable> {
  const videos = groups.map(({ video, answers, perturbed }) => ({
    ...video,
    answers,
    ...(perturbed === undefined ? {} : { perturbed }),
  }));
  return unlessAborted(rewardTable(rewards, { step, seed: config.seed, videos }), signal);
}
