/** GRPO as a run sees it: what it refuses early, and its steps. */
import { checkFunction } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import { randomPerturbation } from "../data/perturb.js";
import type { PreparedMethod } from "../train/method.js";
import { completionLines } from "./completions.js";
import { readAsBegun } from "./earlier-rules.js";
import { type GrpoMeasures, grpoMeasures } from "./event.js";
import type { GrpoConfig } from "./keys.js";
import { buildRewards, type UserRewards } from "./rewards.js";
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

/** @throws {EngineError} E_OPTION as buildRewards. */
export function grpoMethod(given: GrpoConfig, own: GrpoParts = {}): PreparedMethod<GrpoMeasures> {
  const config = readAsBegun(given);
  const rewards = buildRewards(config, own.rewards);
  if (own.perturb !== undefined) checkFunction("perturb", own.perturb);
  const perturb = own.perturb ?? configuredPerturb(config);
  return {
    labels: "scores",
    reference: config.beta > 0,
    begin(parts) {
      const run = { ...parts, config, rewards, perturb };
      const watch = new RewardWatch();
      return {
        async step(place) {
          const result = await grpoStep(run, place);
          const measures = grpoMeasures(result, config.rules);
          return { measures, completions: completionLines(result) };
        },
        watch: (event) => watch.observe(event),
      };
    },
  };
}

function configuredPerturb({ temporal }: GrpoConfig): Perturb | null {
  if (!temporal.perturb) return null;
  return ({ step, seed, id, frames }) =>
    randomPerturbation(frames, streamOf("perturb", seed, step, id), temporal.modes).indices;
}
