/**
 * Memory that scoring and training take, from shapes alone: every tensor that lives at the widest moment, as the engine
 * allocates them. Pure. test/e2e/real-shape.test.ts holds what scoring takes against a process that is measured.
 */
import { COMPUTED_BYTES, elementCount } from "../core/element-types.js";
import type { MappedParameter } from "../layout/parameters.js";
import type { DType, ModelGeometry } from "../native/binding.js";

/** Node, the addon and libtorch with its operators warm, measured with the tiny checkpoint. */
const PROCESS_BYTES = 330e6;
/** A training step's group: one video of six frames at 448, four answers of 512 tokens. */
const GROUP = { frames: 6, size: 448, answers: 4, answerTokens: 512, promptText: 256 } as const;
/** Rank of the adapters that the plan for LoRA counts with. */
export const LORA_RANK = 16;

export interface ScorePlan {
  readonly frames: number;
  /** Side of a frame, pixels. */
  readonly size: number;
  /** Prompt tokens, slots included. */
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly dtype: DType;
}

export interface TrainMemory {
  readonly weights: number;
  readonly reference: number;
  readonly gradients: number;
  /** Master weights and moments. */
  readonly optimizer: number;
  readonly activations: number;
  readonly total: number;
}

/** Values of these parameters. */
export function valuesOf(parameters: readonly MappedParameter[]): number {
  return parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Of SlowFast and the vision tower a clip's frames, [F, 3, S, S]. */
function pixels({ frames, size }: { frames: number; size: number }): number {
  return 3 * frames * size ** 2;
}

function visionRows({ vision }: ModelGeometry, { frames, size }: { frames: number; size: number }): number {
  return frames * (1 + (size / vision.patch) ** 2);
}

/** A block holds its input, the middle, the hidden layer and the product with it; with norms of q and k, their copies. */
function visionValues({ vision }: ModelGeometry, rows: number): number {
  const attend = 6 + (vision.qkNorm ? 4 : 0);
  const feed = 3 + vision.intermediate / vision.hidden;
  return rows * vision.hidden * Math.max(attend, feed);
}

/**
 * SlowFast's widest moment, as so many times the frames: activations behind the stems in two memory formats, padded
 * channels and what lies free between them. Measured at 6 and 12 frames of 448 and 560 pixels: 14 to 20 times.
 */
const MOTION_SHARE = 16;

function motionValues(plan: ScorePlan, motion: readonly MappedParameter[]): number {
  return motion.length === 0 ? 0 : MOTION_SHARE * pixels(plan);
}

/** The widest layer of the decoder over all rows of the prompt. */
function decoderValues({ language }: ModelGeometry, rows: number): number {
  const { hidden, intermediate, heads, kvHeads, headDim } = language;
  const attention = (2 * heads + 2 * kvHeads) * headDim;
  return rows * (3 * intermediate + 2 * hidden + attention);
}

function cacheValues({ language }: ModelGeometry, rows: number): number {
  return 2 * language.layers * rows * language.kvHeads * language.headDim;
}

/**
 * Peak resident bytes of scoring one video on the CPU, mapped pages counted: files are read a piece at a time, so that
 * the weights' own size is what they add.
 */
export function scoreBytes(
  geometry: ModelGeometry,
  parameters: readonly MappedParameter[],
  plan: ScorePlan,
): number {
  const width = COMPUTED_BYTES[plan.dtype];
  const { vision, language } = geometry;
  const rows = visionRows(geometry, plan);
  const features = rows * vision.hidden;
  const motion = parameters.filter(({ parameter }) => parameter.startsWith("motion."));
  const encode = Math.max(pixels(plan) + visionValues(geometry, rows), features + motionValues(plan, motion));
  const decode =
    features +
    Math.max(
      // The projector over the visual tokens, beside the rows that it fills.
      2 * features + plan.promptTokens * 3 * language.hidden,
      decoderValues(geometry, plan.promptTokens),
    );
  const cache = cacheValues(geometry, plan.promptTokens + plan.newTokens);
  const values = valuesOf(parameters) + cache + Math.max(encode, decode);
  return Math.round(PROCESS_BYTES + width * values + pixels(plan));
}

/** Values of low-rank adapters on every linear layer of the decoder. */
function adapterValues({ language }: ModelGeometry): number {
  const { hidden, layers, heads, kvHeads, headDim, intermediate } = language;
  const sides = [
    hidden + (heads + 2 * kvHeads) * headDim,
    heads * headDim + hidden,
    hidden + 2 * intermediate,
    intermediate + hidden,
  ];
  return layers * LORA_RANK * sides.reduce((a, b) => a + b, 0);
}

/** One group's activations, layers recomputed from their inputs, in bfloat16. */
function trainActivations(geometry: ModelGeometry): number {
  const { vision, language } = geometry;
  const visual = GROUP.frames * (GROUP.size / vision.patch / 2) ** 2;
  const rows = GROUP.promptText + visual + GROUP.answers * GROUP.answerTokens;
  const encoder = visionRows(geometry, GROUP);
  const inputs = language.layers * rows * language.hidden + vision.layers * encoder * vision.hidden;
  const widest = Math.max(2 * decoderValues(geometry, rows), 2 * visionValues(geometry, encoder));
  return COMPUTED_BYTES.bfloat16 * (inputs + widest);
}

/**
 * Bytes that a training step takes on one device in bfloat16 with float32 masters, gradients and moments, a frozen
 * reference for the KL term, activations recomputed, and one video in a micro-batch.
 *
 * @returns `full`: AdamW on all but SlowFast; `eightBit`: its moments in 8 bits; `lora`: adapters on the decoder alone,
 *   whose reference is the model without them.
 */
export function trainMemory(
  geometry: ModelGeometry,
  parameters: readonly MappedParameter[],
): { full: TrainMemory; eightBit: TrainMemory; lora: TrainMemory } {
  const all = valuesOf(parameters);
  const trained = valuesOf(parameters.filter(({ parameter }) => !parameter.startsWith("motion.")));
  const activations = trainActivations(geometry);
  const plan = (changing: number, extra: number, momentBytes: number, copies: number): TrainMemory => {
    const parts = {
      weights: 2 * (all + extra),
      reference: 2 * copies,
      gradients: 4 * changing,
      optimizer: (4 + momentBytes) * changing,
      activations,
    };
    return { ...parts, total: Object.values(parts).reduce((a, b) => a + b, 0) };
  };
  const adapters = adapterValues(geometry);
  return {
    full: plan(trained, 0, 8, trained),
    eightBit: plan(trained, 0, 2, trained),
    lora: plan(adapters, adapters, 8, 0),
  };
}
