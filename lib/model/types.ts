/**
 * What a model, a clip and a trainer are to the rest of the package and to a user: interfaces only.
 * model.ts and trainer.ts implement them; scoring, GRPO and evaluation are written against them.
 */

import type { ModelSettings } from "../checkpoint/settings.js";
import type { LayoutName } from "../layout/layouts.js";
import type { DType, OptimizerStates, TrainablePart, TrainResult } from "../native/binding.js";
import type { PromptSlots } from "../text/prompt.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { FramePlan } from "../video/frames.js";
import type { LossValue, NamedPolicySettings, PolicyLossName } from "./loss-types.js";
import type { TokenWeighting } from "./token-weights.js";

export type * from "./loss-types.js";
export type { DType, OptimizerStates, TokenWeighting, TrainablePart };
/** What one step measured. */
export type StepMetrics = TrainResult;

/** How a model is loaded. */
export interface LoadOptions {
  /**
   * "cpu", "cuda" (the first card that is visible) or "auto": the card when it can be used, else the CPU; the opened model's
   * `device` says which. Default "cpu".
   */
  readonly device?: string | undefined;
  /** Arithmetic and storage type; default "float32". */
  readonly dtype?: DType | undefined;
  /**
   * Threads that compute, ≥ 1: at most so many in the engine and, beside it, in the resizing of frames. It is the
   * process's setting, not the model's: the last model that asks decides for all, from its next call on. Default: as many as
   * libtorch counts cores. Resized frames do not depend on it; matrix products do, by rounding.
   */
  readonly threads?: number | undefined;
  /**
   * A safetensors file with SlowFast's weights, as `vqathinker convert` writes it, for a checkpoint without motion parts.
   * A projector that the checkpoint lacks too starts as the released trainer starts it, and has learned nothing.
   */
  readonly slowfast?: string | undefined;
  /**
   * False leaves the checkpoint's motion parts out: prompts have no motion slot, and what is saved has no such tensors.
   * Default true: a model has the motion parts of its checkpoint.
   */
  readonly motion?: boolean | undefined;
  /** A folder with an adapter that is put on the checkpoint. Of an adapter folder by itself the base is the one it names. */
  readonly adapter?: string | undefined;
  /** Is told now and then how many bytes of the weight files are read, and how many there are; last with both equal. */
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
}

/** Which frames of a video become a clip, and at what size. */
export interface ClipPlan extends FramePlan {
  /** F ≥ 1. */
  readonly frames: number;
  /** Side S of the square frames, pixels. */
  readonly size: number;
}

/** Frames of one video, native; resized once, normalised when used. */
export interface Clip {
  readonly frames: number;
  readonly size: number;
  /**
   * Presentation time of each frame, seconds from the start of the file's clock; NaN for an empty frame. Of fragments the last
   * is the whole frame's, which is from the middle of the video.
   */
  readonly frameTimes: Float64Array;
  /** What must be said of its video. */
  readonly notice?: string | undefined;
  /**
   * A new clip [indices.length] that shares the frames; −1 is a frame of zeros after normalisation.
   * Either may be disposed first.
   */
  perturb(indices: Int32Array): Clip;
  /** Gives the frames' memory back; using the clip afterwards is E_DISPOSED. */
  dispose(): void;
}

/** Text with visual slots and what fills them. With neither clip nor pixelValues there must be no slot. */
export interface PromptInput {
  readonly inputIds: Int32Array;
  readonly clip?: Clip | undefined;
  /** Normalised frames [frames, 3, imageSize, imageSize], instead of a clip. */
  readonly pixelValues?: Float32Array | undefined;
  readonly frames?: number | undefined;
  readonly imageSize?: number | undefined;
}

export interface Prompt extends PromptInput {
  /** Names the random stream; equal names give equal samples, whatever else is in the call. */
  readonly stream: bigint | string;
  /** K ≥ 1. */
  readonly samples: number;
}

/** What is sampled, and how: one call for all prompts, each with its own number of answers. */
export interface GenerateOptions {
  readonly prompts: readonly Prompt[];
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Absent keeps everything. */
  readonly topK?: number | undefined;
  /** In (0, 1]; absent keeps everything. */
  readonly topP?: number | undefined;
  /** Ids that are never sampled, besides the image token. */
  readonly suppress?: ArrayLike<number> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One sampled answer. */
export interface Completion {
  /** The end token included when `stop` is "end". */
  readonly tokens: Int32Array;
  /** Natural log, of the full softmax at the temperature (1 when greedy). */
  readonly logProbs: Float32Array;
  readonly stop: "end" | "length";
}

/** What sampling gave, in the order of the prompts. */
export interface GenerateOutput {
  /** [prompts][samples] */
  readonly groups: Completion[][];
}

/** Token ids of a completion, or a completion as `generate` returned it. */
export type CompletionLike = Int32Array | { readonly tokens: Int32Array };

/** Answers whose probability under the model is asked for. */
export interface LogProbsOptions {
  readonly prompt: PromptInput;
  readonly completions: readonly CompletionLike[];
  /** Default 1. */
  readonly temperature?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a checkpoint is written. */
export interface SaveOptions {
  /** Storage type of the weights; default: the model's own arithmetic, which loses nothing. */
  readonly dtype?: DType | undefined;
  /** Names and config.json of transformers ("hf") or OpenGVLab ("original"); default: as the model was loaded. */
  readonly layout?: LayoutName | undefined;
  /** Most bytes of tensors in one file, ≥ 1; default: one file. A tensor larger than this has a file of its own. */
  readonly maxShardBytes?: number | undefined;
}

/** A loaded model. Its weights are native memory until `dispose`; jobs of one model run one after the other. */
export interface Model {
  /** The checkpoint folder it was read from. */
  readonly dir: string;
  /** The adapter folder that was read with it, also once that is merged; none where it has no adapter, or a new one. */
  readonly adapter?: string | undefined;
  readonly tokenizer: Tokenizer;
  /** How this checkpoint wants to be asked: frames, size, scale, wording. */
  readonly settings: ModelSettings;
  /** True when the checkpoint has motion parts, so that a prompt ends its slots with a motion slot. */
  readonly hasMotion: boolean;
  /** Visual tokens of one frame of side `size`: (size / patch)² / 4. */
  visualTokens(size: number): number;
  /** What `buildPrompt` needs to know of a clip of `frames` frames of side `size`. */
  slots(frames: number, size: number): PromptSlots;
  /** Decodes the chosen frames of a video for this model. @throws {EngineError} E_MEDIA when it cannot be read. */
  openClip(path: string, plan: ClipPlan): Promise<Clip>;
  /** Samples answers to every prompt. @throws {EngineError} E_MEMORY, E_OPTION; the signal's reason after an abort. */
  generate(options: GenerateOptions): Promise<GenerateOutput>;
  /** Log-probability of every completion token, by the trainer's own path. */
  logProbs(options: LogProbsOptions): Promise<Float32Array[]>;
  /**
   * Writes a folder that `loadModel` opens: weights, config.json, tokenizer, settings.
   *
   * @throws {EngineError} E_OPTION, also for a folder with an adapter; E_BUSY while a call works on the model's adapter.
   */
  save(dir: string, options?: SaveOptions): Promise<void>;
  /** Gives the weights' memory back. @throws {EngineError} E_BUSY while a trainer stands on them. */
  dispose(): void;
}

/** AdamW. */
export interface OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-8. */
  readonly epsilon?: number | undefined;
  /** Default 0. */
  readonly weightDecay?: number | undefined;
  /**
   * Which values decay: "weights" (default) leaves out biases and the weights of norms, and nothing else, as
   * transformers does; "all" leaves out none.
   */
  readonly decays?: "weights" | "all" | undefined;
  /**
   * How both moments are kept: "float32" (default); "bfloat16", rounded stochastically; "8bit", codes with a scale for each
   * block of 256 (Dettmers et al. 2022), but float32 for a parameter of fewer than 4096 values and for the token embedding.
   */
  readonly states?: OptimizerStates | undefined;
  /**
   * Float32 masters beside the weights of a bfloat16 model; without, weights are rounded stochastically. Default true. A
   * float32 model's weights are their own.
   */
  readonly masters?: boolean | undefined;
}

/** Which parts are trained, with which optimiser. */
export interface TrainerOptions {
  readonly trainable: readonly TrainablePart[];
  readonly optimizer?: OptimizerOptions | undefined;
  /** Keep a frozen copy of the weights as they are now, for the KL term. Default false. */
  readonly reference?: boolean | undefined;
  /** Width of a pooled regression head; default 0, none. */
  readonly regressionOutputs?: number | undefined;
  /** Names the random start of that head. */
  readonly regressionStream?: bigint | string | undefined;
  /** Drop activations inside a layer of tower or decoder and compute them again in the backward. Default false. */
  readonly recompute?: boolean | undefined;
  /** Most rows in one micro-batch; a group is never split. Default 16384. */
  readonly microTokens?: number | undefined;
  /** Most groups in one micro-batch, ≥ 1; both bounds hold. Default: as many as microTokens has room for. */
  readonly microVideos?: number | undefined;
}

/** One prompt with its answers and what is to be learned from each. */
export interface TrainGroup {
  readonly prompt: PromptInput;
  /** K token sequences; none for a regression. */
  readonly completions: readonly CompletionLike[];
  /** Policy: one per completion. */
  readonly advantages?: ArrayLike<number> | undefined;
  /** Policy: natural-log probabilities per completion token; absent means "the policy as it is" (ratio 1). */
  readonly oldLogProbs?: readonly ArrayLike<number>[] | undefined;
  /**
   * true for a completion that counts in nothing, such as one that was cut; default: none is. To a weighting it has no
   * token.
   */
  readonly masked?: readonly boolean[] | undefined;
  /** Weight ≥ 0 per completion token, relative to their sum, where the loss has no weighting of its own. */
  readonly weights?: readonly ArrayLike<number>[] | undefined;
  /** Regression: [regressionOutputs]. */
  readonly targets?: ArrayLike<number> | undefined;
}

/** Learning rates by part. */
export type LearningRates = Readonly<Partial<Record<TrainablePart, number | undefined>>>;

/** One update: what it learns from, by which loss, how far it goes. */
export interface StepOptions extends NamedPolicySettings {
  readonly groups: readonly TrainGroup[];
  /** A value, or short for one: a policy loss by name, with its settings beside it, "sft" (a likelihood), "regression". */
  readonly loss: LossValue | PolicyLossName | "sft" | "regression";
  readonly learningRate: number;
  /** Of parts of the trainer's `trainable` that have another one, ≥ 0; at 0 a part stays as it is. */
  readonly learningRates?: LearningRates | undefined;
  /** Global gradient norm is clipped to this; default: no clipping. */
  readonly maxGradNorm?: number | undefined;
  /** Temperature of the policy's softmax; default 1. */
  readonly temperature?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Trains the model that it was opened on, which must outlive it. */
export interface Trainer {
  /** One update. An abort or an error changes nothing. @throws {EngineError} E_NUMERIC, E_MEMORY, E_OPTION. */
  step(options: StepOptions): Promise<StepMetrics>;
  /** Writes the trainer's state beside a model's weights: all that a bit-exact continuation needs. */
  save(dir: string): Promise<void>;
  /** Restores weights and optimiser state from `save`; the reference stays what it was at opening. */
  load(dir: string): Promise<void>;
  /** Gives gradients and optimiser state back; the model stays as it was trained. */
  dispose(): void;
}
