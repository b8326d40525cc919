/** The objective of a run: its keys, what they are where nobody says, and the loss that they make. */
import { z } from "zod";
import { optionError } from "../core/check.js";
import { count, fraction, positive } from "../core/schema.js";
import { methodDefaults, namedPolicyLoss, objectiveOf, POLICY_LOSSES } from "../model/policy-losses.js";
import type { NamedPolicySettings, PolicyLossName } from "../model/types.js";

const atLeastZero = z.number().min(0);

export const objectiveKeys = {
  loss: z
    .enum(POLICY_LOSSES)
    .default("grpo")
    .describe("Objective, by its name in the field (docs/objectives.md). Paper: grpo."),
  ratioLevel: z
    .enum(["token", "sequence"])
    .optional()
    .describe(
      "A ratio for each token, or one for an answer, as GSPO and luspo have it; default: token. Paper.",
    ),
  beta: atLeastZero
    .optional()
    .describe("Weight of the KL term, 0 where the loss is neither grpo nor bnpo; default: 0.04. Paper."),
  klEstimator: z.enum(["k1", "k2", "k3"]).default("k3").describe("Of the KL term. Paper."),
  klBiasCorrection: z
    .boolean()
    .default(false)
    .describe("The KL term times the ratio, as TRL has it. Paper: not."),
  clipLow: fraction
    .optional()
    .describe("Clipping of the ratio below 1, with ratios of answers 3e-4; default: 0.2. Released."),
  clipHigh: atLeastZero
    .optional()
    .describe(
      "Clipping of the ratio above 1, with dapo 0.28, with ratios of answers 4e-4; default: 0.2. Released.",
    ),
  delta: positive.optional().describe("Most of a ratio that is not clipped, as dual clip; default: none."),
  cispoBound: positive.optional().describe("cispo: most that a ratio counts for; default: 5."),
  sapoTemperaturePositive: positive.optional().describe("sapo: of its gate, advantage above 0; default: 1."),
  sapoTemperatureNegative: positive.optional().describe("sapo: the same below; default: 1.05."),
  vespoKPositive: atLeastZero
    .optional()
    .describe("vespo: power of its weight, advantage from 0; default: 2."),
  vespoKNegative: atLeastZero.optional().describe("vespo: the same below; default: 3."),
  vespoLambdaPositive: atLeastZero
    .optional()
    .describe("vespo: decay of its weight, advantage from 0; default: 3."),
  vespoLambdaNegative: atLeastZero.optional().describe("vespo: the same below; default: 2."),
  entropyCoef: atLeastZero.default(0).describe("Weight of the mean entropy, which is raised. Paper: 0."),
  topEntropyQuantile: positive
    .max(1)
    .default(1)
    .describe("Share of the step's tokens, of most entropy, that learn. Paper: all."),
  offPolicyMaskThreshold: z
    .number()
    .optional()
    .describe(
      "Answers of negative advantage further than this from their sampler do not learn; default: all do.",
    ),
  maskTruncated: z
    .boolean()
    .default(false)
    .describe("Leave answers that were cut at maxNewTokens out of the loss. Released."),
  advantage: z
    .enum(["released", "paper", "none", "batch"])
    .default("released")
    .describe(
      "Divide by the group's unbiased deviation + 1e-4 (released), its deviation (paper), the step's, or not at all.",
    ),
  aggregation: z
    .enum(["sum_then_normalize", "normalize_then_sum"])
    .default("sum_then_normalize")
    .describe("How several rewards become one advantage. Paper: their sum's."),
  oldPolicy: z
    .enum(["step", "epoch"])
    .default("step")
    .describe(
      "Whose answers and ratios: the policy of the step, or the one that the epoch began with (paper). Released.",
    ),
  iterations: count.default(1).describe("Updates by the answers of one step. Released."),
  dynamicSampling: z
    .enum(["off", "drop", "resample"])
    .default("off")
    .describe("Videos whose answers all earn the same: kept, left out, or asked again. Paper: kept."),
  resampleRounds: count.default(3).describe("Most times that such a video is asked again. Ours."),
};

type Keys = z.output<z.ZodObject<typeof objectiveKeys>>;

/** With what depends on the loss filled in. */
export type ObjectiveConfig = Keys & { readonly beta: number; readonly ratioLevel: "token" | "sequence" };

/** VQAThinker; a method whose paper has no KL term has none here. */
const BETA: Partial<Record<PolicyLossName, number>> = { grpo: 0.04, bnpo: 0.04 };

/** The configuration with the objective's defaults, which depend on its loss. */
export function withObjective<C extends Keys>(config: C): C & ObjectiveConfig {
  const { loss, beta = BETA[loss] ?? 0 } = config;
  const own = methodDefaults(loss, config);
  const { ratioLevel, clipLow = own.clipLow, clipHigh = own.clipHigh } = { ...own, ...config };
  const clips = clipLow === undefined && clipHigh === undefined ? {} : { clipLow, clipHigh };
  return { ...config, beta, ...clips, ratioLevel: ratioLevel ?? own.ratioLevel };
}

/** What a step's loss takes beside its name. */
export function lossSettings(config: ObjectiveConfig & { readonly maxNewTokens: number }): {
  readonly loss: PolicyLossName;
} & NamedPolicySettings {
  const { loss, ratioLevel, beta, klEstimator, klBiasCorrection, entropyCoef } = config;
  const { clipLow, clipHigh, delta, cispoBound, sapoTemperaturePositive, sapoTemperatureNegative } = config;
  const { vespoKPositive, vespoKNegative, vespoLambdaPositive, vespoLambdaNegative } = config;
  const { topEntropyQuantile, offPolicyMaskThreshold } = config;
  return {
    loss,
    ...{ ratioLevel, beta, klEstimator, klBiasCorrection, entropyCoef, topEntropyQuantile },
    ...{ offPolicyMaskThreshold, clipLow, clipHigh, delta, cispoBound },
    ...{ sapoTemperaturePositive, sapoTemperatureNegative },
    ...{ vespoKPositive, vespoKNegative, vespoLambdaPositive, vespoLambdaNegative },
    ...(loss === "dr_grpo" ? { maxCompletionLength: config.maxNewTokens } : {}),
  };
}

/** @throws {EngineError} E_OPTION for settings that do not go together. */
export function checkObjective(config: ObjectiveConfig & { readonly maxNewTokens: number }): void {
  const { loss, ...settings } = lossSettings(config);
  objectiveOf(namedPolicyLoss(loss, settings), 1, "");
  if (config.aggregation === "normalize_then_sum" && config.advantage !== "released")
    throw optionError("advantage", '"released" with aggregation "normalize_then_sum"', config.advantage);
}
