/** GRPO as a run sees it: what it refuses early, and its steps. */
import { checkFunction, optionError } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import { drawnPerturbation } from "../data/perturb.js";
import { DECODED_MODES } from "../data/perturb-decoded.js";
import type { RewardTable } from "../rewards/combine.js";
import type { PreparedMethod } from "../train/method.js";
import { CollapseWatch } from "./collapse.js";
import { completionLines } from "./completions.js";
import { drawnRewards, dryCheck, inertRewards } from "./dry-check.js";
import { readAsBegun } from "./earlier-rules.js";
import { type GrpoMeasures, grpoMeasures } from "./event.js";
import type { GrpoConfig } from "./keys.js";
import { checkObjective } from "./objective.js";
import { buildRewards, type UserRewards } from "./own-rewards.js";
import type { RewardConfig } from "./rewards.js";
import type { Perturb, Rollout } from "./rollout.js";
import { grpoStep } from "./step.js";
import { RewardWatch } from "./watch.js";
import { withoutEffect } from "./without-effect.js";

/** What a user may put in place of what the configuration says. */
export interface GrpoParts {
  /** Instead of the configured rewards. */
  readonly rewards?: UserRewards | undefined;
  /** Instead of the configured perturbation. */
  readonly perturb?: Perturb | undefined;
}

/** Rewards that hold an answer's score against its row's. */
const READ_SCORES: readonly string[] = ["regression", "ranking", "threshold", "temporal"];

/** Is there something to learn from a row without a score? */
function readsOtherLabels(reward: RewardConfig): boolean {
  if (reward.name === "relative") return reward.keys !== undefined;
  return reward.name === "degradation" || reward.name === "comparison";
}

const isDecoded = (mode: string) => (DECODED_MODES as readonly string[]).includes(mode);

/** Of a function nothing is known but that there was one. */
const FUNCTION = "a function";

/** @throws {EngineError} E_OPTION as buildRewards and checkObjective. */
export function grpoMethod(given: GrpoConfig, own: GrpoParts = {}): PreparedMethod<GrpoMeasures> {
  const config = readAsBegun(given);
  const rewards = buildRewards(config, own.rewards);
  checkObjective(config);
  if (own.perturb !== undefined) checkFunction("perturb", own.perturb);
  const perturb = own.perturb ?? configuredPerturb(config);
  const perturbedSamples = config.temporal.samples ?? config.samples;
  // A user's rewards stand in place of the configured ones; of theirs nothing is known but what they give.
  const known = own.rewards === undefined ? config.rewards : [];
  const [inert, drawn] = [inertRewards(known), drawnRewards(known)];
  return {
    labels: own.rewards === undefined && config.rewards.some(readsOtherLabels) ? "labels" : "scores",
    checkVideos(entries) {
      if (own.rewards !== undefined || entries.some(({ score }) => score !== null)) return;
      const reward = config.rewards.find(({ name }) => READ_SCORES.includes(name));
      const hint = "in a list of ours the column or key is score; --columns says another name";
      if (reward !== undefined)
        throw optionError("data", `a score in some row, for the reward ${reward.name}`, "none", hint);
    },
    answers: () => ({
      rollout: true,
      samples: config.samples,
      maxNewTokens: config.maxNewTokens,
      twinSamples: perturb === null ? 0 : perturbedSamples,
      // What a function of the user's own plans is not known.
      twinsDecoded: own.perturb !== undefined || config.temporal.modes.some(isDecoded),
    }),
    reference: config.beta > 0,
    oldPolicy: config.oldPolicy,
    warnings: withoutEffect(config, own.rewards !== undefined),
    given: {
      ...(own.rewards === undefined ? {} : { rewards: [...rewards.functions.keys()].join(", ") }),
      ...(own.perturb === undefined ? {} : { perturb: FUNCTION }),
    },
    rewardModules: rewards.modules,
    open: () => rewards.open(),
    close: () => rewards.close(),
    begin(parts) {
      const run = { ...parts, config, rewards: rewards.functions, perturb, perturbedSamples };
      const [watch, collapse] = [new RewardWatch(), new CollapseWatch(config)];
      let begun = false;
      return {
        async step(place) {
          const onRewards = (table: RewardTable, { groups }: Rollout) => {
            if (begun) return;
            const scores = groups.flatMap(({ answers }) => answers.map(({ score }) => score));
            const unparsed = scores.filter((score) => score === null).length / scores.length;
            const found = dryCheck(table, inert, drawn, unparsed);
            place.tell({ type: "dryCheck", atStep: place.step, ...found });
          };
          const sampler = (await parts.oldPolicy?.(place.step)) ?? parts.model;
          const result = await grpoStep({ ...run, sampler, onRewards }, place);
          const measures = grpoMeasures(result, config, parts.model.settings.scale);
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
