/** Of the wall: how a trainer is opened, what a step makes smaller, what it measured. Types, and a number that both sides of it know. */

/** Parts of the model that a trainer may change. */
export type TrainablePart = "vision" | "projector" | "language" | "motionProjector" | "motion" | "adapters";

/** Numbers that AdamW's moments are kept in. */
export type OptimizerStates = "float32" | "bfloat16" | "8bit";

export interface TrainerSpec {
  readonly trainable: readonly TrainablePart[];
  readonly optimizer: {
    readonly kind: "adamw";
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    /** Which values decay: all, or all but biases and norms. */
    readonly decays: "weights" | "all";
    readonly states: OptimizerStates;
    /** Float32 masters beside bfloat16 weights. */
    readonly masters: boolean;
  };
  /** Keep a frozen copy of the weights as they are now, for the KL term. */
  readonly reference: boolean;
  /** Width of the pooled regression head; 0 for none. */
  readonly regressionOutputs: number;
  /** Names the random start of that head. */
  readonly regressionStream: bigint;
  /** Drop activations inside a layer and compute them again in the backward. */
  readonly recompute: boolean;
  /** Most rows in one micro-batch; a group is never split. */
  readonly microTokens: number;
  /** Most groups in one; 0 for as many as there is room for. */
  readonly microVideos: number;
}

/** The settings of a policy objective, by native/base/policy_objective.h; Infinity where there is no limit. */
export interface PolicyObjective {
  readonly surrogate: "clip" | "cispo" | "sapo" | "vespo";
  /** One ratio for a sequence instead of one for each token. */
  readonly bySequence: boolean;
  readonly clipLow: number;
  readonly clipHigh: number;
  /** clip: of the ratio in the branch that is not clipped. */
  readonly cap: number;
  /** cispo: of the ratio. */
  readonly bound: number;
  /** By the sign of the advantage. sapo: of the gate; vespo: of the gamma weights. */
  readonly temperaturePositive: number;
  readonly temperatureNegative: number;
  readonly kPositive: number;
  readonly kNegative: number;
  readonly lambdaPositive: number;
  readonly lambdaNegative: number;
  readonly beta: number;
  readonly kl: "k1" | "k2" | "k3";
  readonly klTimesRatio: boolean;
  /** Of every counted token's entropy; of those that learn, where they are a share, as much more as they are fewer. */
  readonly entropyWeight: number;
  /** Mean log-ratio to the sampler, beyond which a sequence of negative advantage does not learn. */
  readonly offPolicyMost: number;
  /** Share of a step's tokens that learn, in (0, 1]. */
  readonly topEntropy: number;
}

/** A loss with its own settings and what it compares with. */
export type LossSpec =
  | {
      /** Over completion tokens, those of weight 0 left out: native/kernels/policy_loss/policy_loss.h. */
      readonly kind: "policy";
      readonly objective: PolicyObjective;
      /** [Σ samples] */
      readonly advantages: Float32Array;
      /** One per completion token, or empty for "the policy as it is" (ratio 1). */
      readonly oldLogProbs: Float32Array;
    }
  /** −Σ weight · log-probability. */
  | { readonly kind: "likelihood" }
  /** Smooth L1 of the pooled head; targets [N, outputs] row-major. */
  | { readonly kind: "regression"; readonly targets: Float32Array };

/**
 * What a loss measured. Tokens of weight 0 are left out of all. Ratios are the tokens', or the sequences' where each has
 * one; low means below 1 − clipLow at a negative advantage, high above 1 + clipHigh at a positive one.
 */
export interface LossMetrics {
  readonly loss: number;
  /** Mean over completion tokens of the estimated KL divergence from the reference; 0 without one. */
  readonly kl: number;
  /** The same, weighted as the loss, without beta. */
  readonly klTerm: number;
  /** Mean over completion tokens of the entropy of the policy's distribution, natural log; 0 where no loss reads it. */
  readonly entropy: number;
  /** Share of ratios that were clipped, low and high. */
  readonly clipFraction: number;
  readonly clipLowFraction: number;
  readonly clipHighFraction: number;
  /** The least share of low ratios that a sequence has, and the largest of high ones. */
  readonly clipLowLeast: number;
  readonly clipHighMost: number;
  /** Mean of π/π_old. */
  readonly ratio: number;
  /** vespo: mean over sequences of their weight; else 0. */
  readonly phi: number;
}

/** What a loss is asked of given log-probabilities, one per completion token, all in one micro-batch. */
export interface LossRequest {
  readonly loss: LossSpec;
  readonly weights: Float64Array;
  /** [sequences + 1] */
  readonly offsets: Int32Array;
  readonly logProbs: Float32Array;
  /** Policy: one per token; else empty. */
  readonly entropies: Float32Array;
  /** One per token where the loss has a KL term; else empty. */
  readonly reference: Float32Array;
  readonly device: string;
}

export interface LossResult {
  readonly metrics: LossMetrics;
  /** d loss / d log-probability. */
  readonly logProbs: Float32Array;
  /** d loss / d entropy; empty where it is 0. */
  readonly entropies: Float32Array;
}

/** What one step measured. */
export interface TrainResult extends LossMetrics {
  /** Before clipping. */
  readonly gradNorm: number;
  readonly completionTokens: number;
  readonly seconds: number;
  /** regression: predictions before the update, [N, outputs]; else empty. */
  readonly predictions: Float32Array;
}

/** Rows of a micro-batch when nobody says otherwise: bounds activations, changes results by rounding only. */
export const MICRO_TOKENS = 16384;
