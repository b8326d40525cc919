/**
 * Memory that a training step takes, from shapes alone: what a forward keeps for its backward, and the widest moment
 * beside it, as the engine allocates them, on what is held from step to step. Pure. test/boundary/train-memory.test.ts holds
 * it against the bytes of tensors that the engine counts; `npm run bench:memory` against a process that is measured.
 */
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { MappedParameter } from "../layout/parameters.js";
import type { LanguageGeometry, ModelGeometry, TrainablePart } from "../native/binding.js";
import { FLOAT, type HeldBytes, type HeldPlan, heldBytes } from "./held-memory.js";
import { decoderValues, motionValues, pixels, visionRows, visionValues } from "./memory-plan.js";

/** Node, the addon and libtorch with the operators of training warm, measured with the tiny checkpoint. */
export const TRAIN_PROCESS_BYTES = 260e6;
export const ALL_BUT_MOTION: readonly TrainablePart[] = [
  "vision",
  "projector",
  "language",
  "motionProjector",
];
/** Columns of the vocabulary that the head handles at once. */
const HEAD_TILE = 8192;

/** One group in a micro-batch: a video and its answers. */
export interface TrainPlan extends HeldPlan {
  readonly frames: number;
  /** Side of a frame, pixels. */
  readonly size: number;
  /** Prompt tokens, slots included. */
  readonly promptTokens: number;
  readonly answers: number;
  readonly answerTokens: number;
  readonly recompute: boolean;
}

/** Bytes of one block of the tower that its backward reads, its input left out. */
function blockBytes({ vision }: ModelGeometry, rows: number, width: number): number {
  const { hidden, intermediate, heads, norm, qkNorm } = vision;
  // Normed twice, query, key and value, attended, projected, middle, fed; hidden and activated.
  const values = (9 + (qkNorm ? 2 : 0)) * hidden + 2 * intermediate;
  const statistics = heads + (norm === "layer" ? 4 : 2) + (qkNorm ? 2 : 0);
  return rows * (width * values + FLOAT * statistics);
}

/** Bytes of one decoder layer that its backward reads, its input left out. */
function layerBytes({ hidden, ...language }: LanguageGeometry, rows: number, width: number): number {
  const { attention, query } = headWidths(language);
  const values = attention + query + hidden + 2 * language.intermediate;
  return rows * (width * values + FLOAT * (language.heads + 2));
}

function headWidths({ heads, kvHeads, headDim }: Omit<LanguageGeometry, "hidden">) {
  return { attention: (heads + 2 * kvHeads) * headDim, query: heads * headDim };
}

/** Values that a block's backward holds beside what was kept. */
function blockBackward({ vision }: ModelGeometry): number {
  const { hidden, intermediate, qkNorm } = vision;
  const feed = 2 * intermediate + 2 * hidden;
  const attend = intermediate + (14 + (qkNorm ? 2 : 0)) * hidden;
  return Math.max(feed, attend);
}

/** The same of a decoder layer. */
function layerBackward({ hidden, ...language }: LanguageGeometry): number {
  const { attention, query } = headWidths(language);
  const feed = 4 * language.intermediate + hidden;
  const attend = 3 * language.intermediate + 3 * hidden + query + attention + Math.max(attention, 4 * hidden);
  return Math.max(feed, attend);
}

/**
 * Bytes beyond what is held that a step of one group takes at its widest moment: what the forward keeps, and the widest
 * of encoding, reference, forward and backward beside it.
 */
export function activationBytes(
  geometry: ModelGeometry,
  parameters: readonly MappedParameter[],
  plan: TrainPlan,
): number {
  const { vision, language } = geometry;
  const width = COMPUTED_BYTES[plan.dtype];
  const seeing = plan.trainable.includes("vision");
  const motion = parameters.filter(({ parameter }) => parameter.startsWith("motion."));
  const rows = visionRows(geometry, plan);
  const patches = plan.frames * (plan.size / vision.patch) ** 2;
  const visual = patches / 4;
  const targets = plan.answers * plan.answerTokens;
  const texts = plan.promptTokens + targets - plan.answers;

  const features = width * patches * vision.hidden;
  const input = width * rows * vision.hidden;
  const block = blockBytes(geometry, rows, width);
  const layer = layerBytes(language, texts, width);
  const stream = width * texts * language.hidden;
  const tile = width * targets * Math.min(HEAD_TILE, language.vocabulary);
  const picked = width * targets * language.hidden;

  const seen = seeing
    ? width * patches * 3 * vision.patch ** 2 + vision.layers * (input + (plan.recompute ? 0 : block))
    : 0;
  // A block of a forward that keeps nothing, or the two sums of one that does.
  const looking =
    width * pixels(plan) + (seeing && !plan.recompute ? 2 * input : width * visionValues(geometry, rows));
  const encoding = Math.max(looking, 2 * features + width * motionValues(plan, motion));
  const passing = Math.max(width * decoderValues(geometry, texts), stream + 2 * picked + tile);
  const judging = plan.reference ? (seeing ? Math.max(encoding, features + passing) : passing) : 0;

  // Ids, positions, places, weights and log-probabilities.
  const books = 16 * texts + 44 * targets;
  const projected = width * visual * (4 * vision.hidden + 2 * language.hidden);
  const decoded = language.layers * (stream + (plan.recompute ? 0 : layer)) + 2 * picked;
  const again = plan.recompute ? layer : 0;
  const leaving = Math.max(stream + tile, plan.recompute ? width * decoderValues(geometry, texts) : 0);
  const scoring = tile + FLOAT * targets * language.hidden + picked;
  const unwinding = again + stream + width * texts * layerBackward(language);
  const unseeing = seeing
    ? stream + features + width * rows * blockBackward(geometry) + (plan.recompute ? block : 0)
    : 0;
  const behind = books + features + projected + decoded + Math.max(leaving, scoring, unwinding, unseeing);
  return seen + Math.max(encoding, features + judging, behind);
}

/** Rank of the adapters that the plan for LoRA counts with. */
export const LORA_RANK = 16;
/** A training step's group: one video of six frames at 448, four answers of 512 tokens. */
const GROUP = { frames: 6, size: 448, answers: 4, answerTokens: 512 } as const;
const PROMPT_TEXT = 256;

/** Values of low-rank adapters on every linear layer of the decoder. */
function adapterValues({ language }: ModelGeometry): number {
  const { hidden, layers, heads, kvHeads, headDim, intermediate } = language;
  const [query, key] = [heads * headDim, kvHeads * headDim];
  // q, k and v, o, gate and up, down: one adapter each.
  const sides = [
    hidden + query,
    2 * (hidden + key),
    query + hidden,
    2 * (hidden + intermediate),
    intermediate + hidden,
  ];
  return layers * LORA_RANK * sides.reduce((a, b) => a + b, 0);
}

export interface TrainMemory extends HeldBytes {
  /** Kept by the forward and at the widest moment beside it, with recompute. */
  readonly activations: number;
  readonly total: number;
  readonly withoutRecompute: { readonly activations: number; readonly total: number };
}

/**
 * Bytes that a training step takes on one device in bfloat16 with float32 masters, gradients and moments, a frozen
 * reference for the KL term and one video in a micro-batch.
 *
 * @returns `full`: AdamW on all but SlowFast; `eightBit`: its moments in 8 bits; `lora`: adapters on the decoder alone,
 *   whose reference is the model without them.
 */
export function trainMemory(
  geometry: ModelGeometry,
  parameters: readonly MappedParameter[],
): { full: TrainMemory; eightBit: TrainMemory; lora: TrainMemory } {
  const visual = GROUP.frames * (GROUP.size / geometry.vision.patch / 2) ** 2;
  const held = { dtype: "bfloat16", reference: true, states: "float32", masters: true } as const;
  const plan = (trainable: TrainPlan["trainable"], recompute: boolean): TrainPlan => ({
    ...GROUP,
    ...held,
    promptTokens: PROMPT_TEXT + visual,
    trainable,
    recompute,
  });
  const planned = (held: HeldBytes, trainable: TrainPlan["trainable"]): TrainMemory => {
    const steady = Object.values(held).reduce((a, b) => a + b, 0);
    const using = (recompute: boolean) => {
      const activations = activationBytes(geometry, parameters, plan(trainable, recompute));
      return { activations, total: steady + activations };
    };
    return { ...held, ...using(true), withoutRecompute: using(false) };
  };
  const whole = { ...held, trainable: ALL_BUT_MOTION };
  const full = heldBytes(parameters, whole);
  const adapters = adapterValues(geometry);
  const { weights } = full;
  const lora = {
    weights: weights + FLOAT * adapters,
    reference: 0,
    gradients: FLOAT * adapters,
    optimizer: 2 * FLOAT * adapters,
  };
  return {
    full: planned(full, ALL_BUT_MOTION),
    eightBit: planned(heldBytes(parameters, { ...whole, states: "8bit" }), ALL_BUT_MOTION),
    lora: planned(lora, ["language"]),
  };
}
