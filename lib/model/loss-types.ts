/** What a step may make smaller, as a user writes it: interfaces only. docs/objectives.md has the equations. */
import type { TokenWeighting } from "./token-weights.js";

/** What a ratio r and an advantage A make of a token; log p is the policy's log-probability of it. */
export type Surrogate =
  | {
      /** −min(min(r, delta)·A, clip(r, 1 − low, 1 + high)·A) */
      readonly kind: "clip";
      /** In [0, 1]; default 0.2. */
      readonly low?: number | undefined;
      /** ≥ 0; default 0.2. */
      readonly high?: number | undefined;
      /** Above 0; default: none. */
      readonly delta?: number | undefined;
    }
  | {
      /** −min(r, bound)·A·log p, the factor without a gradient. */
      readonly kind: "cispo";
      /** Above 0; default 5. */
      readonly bound?: number | undefined;
    }
  | {
      /** −4/τ·σ(τ(r − 1))·A, τ by the sign of A. */
      readonly kind: "sapo";
      /** Above 0; default 1, of A > 0. */
      readonly temperaturePositive?: number | undefined;
      /** Above 0; default 1.05. */
      readonly temperatureNegative?: number | undefined;
    }
  | {
      /** −φ(R)·A·log p, φ = exp(λ)·R^k·exp(−λR) without a gradient, R the ratio of the whole sequence; k, λ by the sign of A. */
      readonly kind: "vespo";
      /** ≥ 0; default 2, of A ≥ 0. */
      readonly kPositive?: number | undefined;
      /** ≥ 0; default 3. */
      readonly kNegative?: number | undefined;
      /** ≥ 0; default 3, of A ≥ 0. */
      readonly lambdaPositive?: number | undefined;
      /** ≥ 0; default 2. */
      readonly lambdaNegative?: number | undefined;
    };

/** What every policy loss may have beside its surrogate. */
export interface PolicyTerms {
  /** Is a ratio a token's, or one for the sequence: exp of its mean log-ratio? Default "token". */
  readonly ratioLevel?: "token" | "sequence" | undefined;
  /** Weight of the KL term, which needs a reference; default 0. */
  readonly beta?: number | undefined;
  /** How the KL term estimates at a token, d = log p − log p_ref: d, d²/2 or exp(−d) + d − 1 (default). */
  readonly klEstimator?: "k1" | "k2" | "k3" | undefined;
  /** Multiply the estimate by the ratio, whose gradient counts? Default false. */
  readonly klBiasCorrection?: boolean | undefined;
  /** The loss is less by so much times the mean entropy over the step's tokens that learn; ≥ 0, default 0. */
  readonly entropyCoef?: number | undefined;
  /** Only this share of the step's tokens, those of most entropy, learns; the KL term is of all. In (0, 1], default 1. */
  readonly topEntropyQuantile?: number | undefined;
  /**
   * A completion of negative advantage whose mean of log p_old − log p is above this does not learn by the surrogate;
   * default: none.
   */
  readonly offPolicyMaskThreshold?: number | undefined;
}

/** Σ weight·(surrogate + beta·KL) over completion tokens, less the entropies' term. */
export interface PolicyLoss extends PolicyTerms {
  readonly kind: "policy";
  /** Default: a clip. */
  readonly surrogate?: Surrogate | undefined;
  /** Default `meanOfMeans`. */
  readonly weighting?: TokenWeighting | undefined;
}

/** What a step makes smaller, with its own settings. */
export type LossValue =
  | PolicyLoss
  | {
      /** −Σ weight · log-probability over completion tokens. */
      readonly kind: "likelihood";
      /** Default `tokenMean`. */
      readonly weighting?: TokenWeighting | undefined;
    }
  /** Mean smooth L1 of the pooled head's outputs. */
  | { readonly kind: "regression" };

/** Policy losses by their names in the field: a surrogate and what it is a mean of. */
export type PolicyLossName = "grpo" | "bnpo" | "dr_grpo" | "dapo" | "cispo" | "sapo" | "luspo" | "vespo";

/** What may stand beside the name of a policy loss; a setting of another surrogate than its own is refused. */
export interface NamedPolicySettings extends PolicyTerms {
  /** Of a clip, `low` and `high`. Default 0.2 each; dapo 0.2 and 0.28; with ratios of sequences 3e-4 and 4e-4. */
  readonly clipLow?: number | undefined;
  readonly clipHigh?: number | undefined;
  readonly delta?: number | undefined;
  readonly cispoBound?: number | undefined;
  readonly sapoTemperaturePositive?: number | undefined;
  readonly sapoTemperatureNegative?: number | undefined;
  readonly vespoKPositive?: number | undefined;
  readonly vespoKNegative?: number | undefined;
  readonly vespoLambdaPositive?: number | undefined;
  readonly vespoLambdaNegative?: number | undefined;
  /** dr_grpo: tokens that its sums are divided by, ≥ 1; needed. */
  readonly maxCompletionLength?: number | undefined;
}
