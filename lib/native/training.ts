/** Of the wall: how a trainer is opened, what a step makes smaller, what it measured. Types only. */

/** Parts of the model that a trainer may change. */
export type TrainablePart = "vision" | "projector" | "language" | "motionProjector" | "motion";

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
}

/** A loss with its own settings and what it compares with. */
export type LossSpec =
  | {
      /** Σ weight · (surrogate + beta · KL) over completion tokens: native/kernels/policy_loss/policy_loss.h. */
      readonly kind: "policy";
      readonly surrogate: { readonly kind: "tokenClip"; readonly low: number; readonly high: number };
      readonly beta: number;
      /** [Σ samples] */
      readonly advantages: Float32Array;
      /** One per completion token, or empty for "the policy as it is" (ratio 1). */
      readonly oldLogProbs: Float32Array;
    }
  /** −Σ weight · log-probability. */
  | { readonly kind: "likelihood" }
  /** Smooth L1 of the pooled head; targets [N, outputs] row-major. */
  | { readonly kind: "regression"; readonly targets: Float32Array };

/** What one step measured. */
export interface TrainResult {
  readonly loss: number;
  /** Mean over completion tokens of the estimated KL divergence from the reference; 0 without one. */
  readonly kl: number;
  /** The same, weighted as the loss, without beta. */
  readonly klTerm: number;
  /** Share of completion tokens whose ratio was clipped. */
  readonly clipFraction: number;
  /** Mean of π/π_old over completion tokens. */
  readonly ratio: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly completionTokens: number;
  readonly seconds: number;
  /** regression: predictions before the update, [N, outputs]; else empty. */
  readonly predictions: Float32Array;
}
