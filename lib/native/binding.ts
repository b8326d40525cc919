/**
 * The wall, TypeScript side: every native call, its plain structs, nothing else.
 * `native/addon/addon.cpp` lists the same names in the same order; `load.ts` compares both lists and
 * the version before any other call. Flat typed arrays plus offsets; weights, activations and frames
 * stay native behind handles.
 */

import type { LossRequest, LossResult, LossSpec, TrainerSpec, TrainResult } from "./training.js";
import type { AdapterSpec, DType, ParameterSpec, SaveSpec } from "./weights.js";

export type * from "./training.js";
export type * from "./weights.js";

/** Raised whenever a name, an argument or a meaning below changes. Checked at load. */
export const ABI_VERSION = 9;

/** Every call, in the order of native/addon/addon.cpp. */
export const CALLS = [
  "info",
  "setThreads",
  "rest",
  "cancel",
  "progress",
  "tensorMemory",
  "cudaBuild",
  "resizeFrame",
  "niqeFeatures",
  "openClip",
  "writeFrame",
  "writePixels",
  "perturbClip",
  "readClip",
  "closeClip",
  "openModel",
  "addAdapters",
  "mergeAdapters",
  "saveModel",
  "closeModel",
  "generate",
  "logProbs",
  "logits",
  "gradients",
  "motionFeature",
  "openTrainer",
  "calibrateMotion",
  "trainStep",
  "lossSlopes",
  "saveTrainer",
  "loadTrainer",
  "closeTrainer",
] as const;

declare const tag: unique symbol;
interface Handle<Kind extends string> {
  readonly [tag]: Kind;
}
export type ClipHandle = Handle<"clip">;
export type ModelHandle = Handle<"model">;
export type TrainerHandle = Handle<"trainer">;

export interface EngineInfo {
  readonly abiVersion: number;
  /** The names that the addon registered, in its order. */
  readonly calls: readonly string[];
  /** Version of the libtorch headers that the addon was compiled with, like "2.13.0". */
  readonly torchVersion: string;
  /** True when the libtorch in this process sees at least one CUDA device. */
  readonly cuda: boolean;
  readonly threads: number;
  /** "fast", or "reference" when VQAT_IMPL=reference puts everything on the plain kernels. */
  readonly kernels: string;
  /** What the fast kernels on this processor are compiled for: "AVX-512", "AVX2" or "baseline". */
  readonly vectors: string;
  readonly liveClips: number;
  readonly liveModels: number;
  readonly liveTrainers: number;
  /** Native memory behind this thread's objects, as its runtime was told. */
  readonly outsideBytes: number;
}

/** What libtorch and the CUDA library in this process are built for; versions are like 13000 for CUDA 13.0. */
export interface CudaBuild {
  /** 0 for a CPU build. */
  readonly torch: number;
  /** 0 when not known. */
  readonly kernels: number;
  /** The file that holds the CUDA kernels, whether it is there or not. */
  readonly library: string;
  /** Why it is not used; "" when it is. */
  readonly refusal: string;
}

/** Identity of one running call, unique in this environment, for `cancel`. */
export interface Job {
  readonly id: number;
}

export interface VisionGeometry {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly patch: number;
  /** Side in pixels of the frames that the position table was trained for. */
  readonly imageSize: number;
  readonly norm: "layer" | "rms";
  readonly normEps: number;
  readonly qkNorm: boolean;
}

export interface LanguageGeometry {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  /** Dynamic NTK factor; 1 when there is no scaling. */
  readonly ropeFactor: number;
  readonly maxPositions: number;
}

export interface ModelGeometry {
  readonly vision: VisionGeometry;
  readonly language: LanguageGeometry;
  readonly imageToken: number;
}

export interface ModelSpec {
  readonly geometry: ModelGeometry;
  readonly parameters: readonly ParameterSpec[];
  readonly device: string;
  readonly dtype: DType;
}

/** N prompts end to end. */
export interface PromptBatch {
  readonly tokens: Int32Array;
  /** [N+1], first 0, never decreasing. */
  readonly offsets: Int32Array;
  /** [N]; null where the prompt has no visual slot. */
  readonly clips: readonly (ClipHandle | null)[];
}

export interface GenerateRequest {
  readonly prompts: PromptBatch;
  /** [N]; names the random stream of each prompt. */
  readonly streams: BigUint64Array;
  /** [N], each ≥ 1. */
  readonly samples: Int32Array;
  readonly maxNewTokens: number;
  /** 0 means greedy. */
  readonly temperature: number;
  /** 0 keeps everything. */
  readonly topK: number;
  /** In (0, 1]; 1 keeps everything. */
  readonly topP: number;
  readonly endTokens: Int32Array;
  /** Ids that are never sampled. */
  readonly suppress: Int32Array;
}

export interface GenerateResult {
  /** Ids of all samples, prompt-major, end to end, the end token included. */
  readonly tokens: Int32Array;
  /** [Σ samples + 1] */
  readonly offsets: Int32Array;
  /** Natural log, of the full softmax at the request's temperature (1 when greedy). */
  readonly logProbs: Float32Array;
  /** 0 end token, 1 length. */
  readonly stops: Uint8Array;
}

/** Prompts with K completions each: the packed groups of a training batch. */
export interface GroupBatch {
  readonly prompts: PromptBatch;
  /** [N], completions of each prompt, ≥ 1 (regression: all 0). */
  readonly samples: Int32Array;
  /** Completion ids end to end, prompt-major. */
  readonly tokens: Int32Array;
  /** [Σ samples + 1] */
  readonly offsets: Int32Array;
}

export interface LogitsResult {
  /** [tokens, vocabulary] */
  readonly data: Float32Array;
  readonly tokens: number;
  readonly vocabulary: number;
}

export interface GradientsRequest {
  readonly prompts: PromptBatch;
  /** One id per prompt token: the id wanted after it, −100 for none. */
  readonly targets: Int32Array;
}

export interface GradientsResult {
  readonly loss: number;
  /** By engine parameter name, float32. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

/** As stored: `master.` before each trained parameter's name, and what the optimiser names; AdamW `m.` and `v.`. */
export interface TrainerState {
  readonly steps: number;
  /** Kind of the optimiser that it is of, and how many processes wrote it. */
  readonly optimizer: string;
  readonly ranks: number;
  readonly tensors: readonly ParameterSpec[];
}

export interface TrainRequest {
  readonly loss: LossSpec;
  readonly groups: GroupBatch;
  /** One per completion token; they say what the loss is a mean of. Regression: empty. */
  readonly weights: Float64Array;
  readonly temperature: number;
  readonly learningRate: number;
  /** One for each part of the trainer's `trainable`, in its order; empty where all have `learningRate`. */
  readonly learningRates: Float64Array;
  /** Infinity for no clipping. */
  readonly maxGradNorm: number;
}

/** RGB bytes [height, width, 3]. */
type Picture = [rgb: Uint8Array, width: number, height: number];

/** Of whole blocks of 96 pixels a side, column after column. */
export interface NiqeResult {
  /** [blocks, 36]; NaN where a block has no value on one side of zero. */
  readonly features: Float64Array;
  /** [blocks]: mean local deviation, in levels. */
  readonly sharpness: Float64Array;
}

export interface NativeBinding {
  info(): EngineInfo;
  /** Threads of the engine and, beside it, of the resizing of frames, ≥ 1: of this process, from the next job on. */
  setThreads(threads: number): void;
  /** The process ends: cancels and waits for the jobs of all threads; false when not all came to rest in time. */
  rest(): boolean;
  cancel(jobId: number): void;
  /** Work that a running job has done: bytes read or written for openModel and saveModel; 0 when it does not say. */
  progress(jobId: number): number;
  /** Counts the bytes of tensors on the CPU from the first call on; `peakBytes` is the most since the last call. */
  tensorMemory(): { readonly bytes: number; readonly peakBytes: number };
  cudaBuild(): CudaBuild;
  /** RGB bytes [height, width, 3] → [outHeight, outWidth, 3], Pillow's bicubic. */
  resizeFrame(...picture: [...Picture, outWidth: number, outHeight: number]): Uint8Array;
  /** Reads the bytes in place: leave them alone until the promise settles. Runs beside the engine's jobs. */
  niqeFeatures(...picture: [...Picture, job: Job]): Promise<NiqeResult>;
  /** F ≥ 1 square frames with sides of `size` pixels. */
  openClip(spec: { readonly frames: number; readonly size: number }): ClipHandle;
  /** Reads the bytes in place: leave them alone until the promise settles. Runs beside the engine's jobs. */
  writeFrame(clip: ClipHandle, index: number, ...picture: [...Picture, job: Job]): Promise<void>;
  /** Normalised frames [F, 3, S, S] instead of bytes. */
  writePixels(clip: ClipHandle, pixels: Float32Array): void;
  /** A new clip that shares the frames; index −1 is a frame of zeros after normalisation. */
  perturbClip(clip: ClipHandle, indices: Int32Array): ClipHandle;
  /** Bytes [F, S, S, 3]. */
  readClip(clip: ClipHandle): Uint8Array;
  closeClip(clip: ClipHandle): void;
  openModel(spec: ModelSpec, job: Job): Promise<ModelHandle>;
  addAdapters(model: ModelHandle, added: readonly AdapterSpec[], job: Job): Promise<void>;
  /** Every weight as its adapters make it; they are gone. */
  mergeAdapters(model: ModelHandle, job: Job): Promise<void>;
  saveModel(model: ModelHandle, spec: SaveSpec, job: Job): Promise<void>;
  closeModel(model: ModelHandle): void;
  generate(model: ModelHandle, request: GenerateRequest, job: Job): Promise<GenerateResult>;
  /** By the trainer's own path; one per completion token. */
  logProbs(
    model: ModelHandle,
    request: { readonly groups: GroupBatch; readonly temperature: number },
    job: Job,
  ): Promise<Float32Array>;
  logits(model: ModelHandle, prompts: PromptBatch, job: Job): Promise<LogitsResult>;
  gradients(model: ModelHandle, request: GradientsRequest, job: Job): Promise<GradientsResult>;
  /** [width] of each clip, end to end: the vector before the motion projector. */
  motionFeature(model: ModelHandle, clips: readonly ClipHandle[], job: Job): Promise<Float32Array>;
  openTrainer(model: ModelHandle, spec: TrainerSpec, job: Job): Promise<TrainerHandle>;
  /** Sets SlowFast's running statistics to those measured on these clips, layer by layer. */
  calibrateMotion(model: ModelHandle, clips: readonly ClipHandle[], job: Job): Promise<void>;
  trainStep(trainer: TrainerHandle, request: TrainRequest, job: Job): Promise<TrainResult>;
  /** By the loss that a trainer takes, without a model. */
  lossSlopes(request: LossRequest, job: Job): Promise<LossResult>;
  /** One safetensors file: the tensors of a TrainerState; its other members are the file's metadata. */
  saveTrainer(trainer: TrainerHandle, path: string, job: Job): Promise<void>;
  /** What a file that saveTrainer wrote holds. E_FORMAT when this trainer cannot go on from it. */
  loadTrainer(trainer: TrainerHandle, state: TrainerState, job: Job): Promise<void>;
  closeTrainer(trainer: TrainerHandle): void;
}
