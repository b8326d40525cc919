/** GRPO's own keys of a run's configuration. Every default says where it is from (paper, released, ours), as in lib/run/keys.ts. */
import { z } from "zod";
import type { Ruled } from "../core/rules.js";
import { count, positive } from "../core/schema.js";
import { PERTURBATION_MODES } from "../data/perturb.js";
import { DECODED_MODES } from "../data/perturb-decoded.js";
import { ANSWER_VARIANTS } from "../text/answer.js";
import { type ObjectiveConfig, objectiveKeys } from "./objective.js";
import { rewardSchema } from "./rewards.js";

export const grpoKeys = {
  method: z
    .literal("grpo")
    .default("grpo")
    .describe("Group relative policy optimisation, from scores alone."),
  samples: z.int().min(2).default(4).describe("K, answers to each video. Paper."),
  maxNewTokens: count.default(2048).describe("Most tokens of an answer. Released."),
  temperature: positive.default(1).describe("Of sampling and of the policy's softmax. Released."),
  topK: z
    .int()
    .min(0)
    .default(50)
    .describe("Most likely tokens that are sampled from; 0 keeps all. Released."),
  topP: positive.max(1).default(1).describe("Probability mass that is sampled from; 1 keeps all. Released."),

  ...objectiveKeys,

  rewards: z
    .array(rewardSchema)
    .min(1)
    .prefault([{ name: "format" }, { name: "regression" }, { name: "ranking" }])
    .describe("Summed by their weights (docs/rewards.md). Paper; temporal needs temporal.perturb."),
  rewardTimeoutMs: count
    .max(2 ** 31 - 1)
    .optional()
    .describe("Milliseconds in which a reward of the user's own has to answer; default: no limit. Ours."),
  onCollapse: z
    .enum(["warn", "stop"])
    .default("warn")
    .describe("What is done when the run collapses (docs/rewards.md): tell it, or save and stop. Ours."),
  answers: z
    .enum(ANSWER_VARIANTS)
    .default("paper")
    .describe(
      "What counts as a score in an answer: one number alone (paper), or as named (docs/prompts.md).",
    ),
  temporal: z
    .strictObject({
      perturb: z
        .boolean()
        .default(false)
        .describe("Also answer to a perturbed copy of each video. Released script: off."),
      modes: z
        .array(z.enum([...PERTURBATION_MODES, ...DECODED_MODES]))
        .min(1)
        .default([...PERTURBATION_MODES])
        .describe(
          "Released: the six of a clip's own frames; freeze and skip decode others. Paper: such as these two.",
        ),
      samples: count
        .optional()
        .describe("Answers to each perturbed copy; default: samples. VQ-Insight: half of them."),
    })
    .prefault({})
    .describe("Temporal perturbation."),
};

/** GRPO's keys with every default filled in, and those of a run that it needs. */
export type GrpoConfig = z.output<z.ZodObject<typeof grpoKeys>> &
  ObjectiveConfig &
  Ruled & {
    readonly seed: number;
    readonly videosPerStep: number;
    readonly maxGradNorm: number;
  };
