/** GRPO as a run sees it: what it refuses early, and its steps. */
import { checkFunction } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import { drawnPerturbation } from "../data/perturb.js";
import type { RewardTable } from "../rewards/combine.js";
import type { PreparedMethod } from "../train/method.js";
import { CollapseWatch } from "./collapse.js";
import { completionLines } from "./completions.js";
import { dryCheck, inertRewards } from "./dry-check.js";
import { readAsBegun } from "./earlier-rules.js";
import { type GrpoMeasures, grpoMeasures } from "./event.js";
import type { GrpoConfig } from "./keys.js";
import { checkObjective } from "./objective.js";
import { buildRewards, type UserRewards } from "./own-rewards.js";
import type { Perturb } from "./rollout.js";
import { grpoStep } from "./step.js";
import { RewardWatch } from "./watch.js";

/** What a user may put in place of what the configuration says. */
export interface GrpoParts {
  /** Instead of the configured rewards. */
  readonly rewards?: UserRewards | undefined;
  /** Instead of the configured perturbation. */
  readonly perturb?: Perturb | undefined;
}

/** @throws {EngineError} E_OPTION as buildRewards and checkObjective. */
export function grpoMethod(given: GrpoConfig, own: GrpoParts = {}): PreparedMethod<GrpoMeasures> {
  const config = readAsBegun(given);
  const rewards = buildRewards(config, own.rewards);
  checkObjective(config);
  if (own.perturb !== undefined) checkFunction("perturb", own.perturb);
  const perturb = own.perturb ?? configuredPerturb(config);
  const perturbedSamples = config.temporal.samples ?? config.samples;
  // A user's rewards stand in place of the configured ones; of theirs nothing is known but what they give.
  const inert = inertRewards(own.rewards === undefined ? config.rewards : []);
  return {
    labels: "scores",
    reference: config.beta > 0,
    oldPolicy: config.oldPolicy,
    rewardModules: rewards.modules,
    open: () => rewards.open(),
    close: () => rewards.close(),
    begin(parts) {
      const run = { ...parts, config, rewards: rewards.functions, perturb, perturbedSamples };
      const [watch, collapse] = [new RewardWatch(), new CollapseWatch(config)];
      let begun = false;
      return {
        async step(place) {
          const onRewards = (table: RewardTable) => {
            if (!begun) place.tell({ type: "dryCheck", atStep: place.step, ...dryCheck(table, inert) });
          };
          const sampler = (await parts.oldPolicy?.(place.step)) ?? parts.model;
          const result = await grpoStep({ ...run, sampler, onRewards }, place);
          const measures = grpoMeasures(result, config.rules);
          return { measures, completions: completionLines(result) };
        },
        watch(event) {
          begun = true;
          const stop = config.onCollapse === "stop";
          const collapsed = collapse.observe(event).map((warning) => ({ ...warning, stop }));
          return [...watch.observe(event), ...collapsed];
        },
      };
    },
  };
}

function configuredPerturb({ temporal }: GrpoConfig): Perturb | null {
  if (!temporal.perturb) return null;
  return ({ step, seed, id, frames }) =>
    drawnPerturbation(frames, streamOf("perturb", seed, step, id), temporal.modes).plan;
}
