/**
 * Memory of an update beyond what is held, from shapes alone: what the forward of a micro-batch keeps for its backward, and
 * the widest moment beside it, as the engine allocates them. Pure. test/boundary/train-memory.test.ts holds it against the
 * bytes of tensors that the engine counts; `npm run bench:memory` against a process that is measured.
 */
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { LanguageGeometry, ModelGeometry } from "../native/binding.js";
import {
  type Adapted,
  adaptedBy,
  FLOAT,
  type HeldPlan,
  longestRun,
  type MemoryShape,
} from "./held-memory.js";
import {
  clipRows,
  decoderValues,
  LONGEST_PASS,
  motionValues,
  pixels,
  valuesOf,
  visionValues,
} from "./memory-plan.js";

/** Columns of the vocabulary that the head handles at once. */
const HEAD_TILE = 8192;
/** Values of the optimiser's arrays that are widened at once. */
const OPTIMIZER_PIECE = 2 ** 22;

/** What a step learns from, by one micro-batch. */
export interface UpdatePlan extends HeldPlan {
  /** Groups of a micro-batch: a video and its answers each. */
  readonly groups: number;
  readonly frames: number;
  /** Side of a frame, pixels. */
  readonly size: number;
  /** Prompt tokens of one group, slots included. */
  readonly promptTokens: number;
  /** Answers of a group. */
  readonly answers: number;
  readonly answerTokens: number;
  readonly recompute: boolean;
}

/** Bytes of one block of the tower that its backward reads, its input left out. */
function blockBytes(
  { vision }: ModelGeometry,
  rows: number,
  width: number,
  adapted: readonly Adapted[] | null,
): number {
  const { hidden, intermediate, heads, norm, qkNorm } = vision;
  // What feeds only frozen layers is not kept: normed twice, projected, fed and activated.
  const feeds = (name: string) => adapted === null || adapted.some(({ weight }) => weight.endsWith(name));
  const narrow = [feeds(".attn.qkv.weight"), feeds(".mlp.fc1.weight"), adapted === null, adapted === null];
  // Query, key and value, attended, middle.
  const values =
    (5 + narrow.filter(Boolean).length + (qkNorm ? 2 : 0)) * hidden +
    (feeds(".mlp.fc2.weight") ? 2 : 1) * intermediate;
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

/** Bytes that adapters on bfloat16 weights widen at once: a layer's input twice and its output, in float32. */
function widenedBytes(adapted: readonly Adapted[], rows: number, width: number): number {
  if (width === FLOAT) return 0;
  return FLOAT * rows * Math.max(0, ...adapted.map((one) => 2 * one.columns + one.rows));
}

/** Bytes of the optimiser's own moment, when no activation is left: what is kept narrow is widened, and rounded again. */
function optimizerBytes(values: number, { states, masters, dtype }: HeldPlan): number {
  const hasMasters = dtype === "float32" || masters;
  const widened = (states === "float32" ? 0 : 2) + (hasMasters ? 0 : 1);
  // Shares of a block's largest and three times their codes as int64; or random bits as int64, twice, and as int32.
  const coded = states === "8bit" ? 29 : 0;
  const rounded = states === "bfloat16" || !hasMasters ? 20 : 0;
  return Math.min(values, OPTIMIZER_PIECE) * (FLOAT * widened + Math.max(coded, rounded));
}

/**
 * Bytes beyond what is held that a micro-batch takes at its widest moment: what the forward keeps, and the widest of
 * encoding, reference, forward and backward beside it.
 */
export function activationBytes(shape: MemoryShape, plan: UpdatePlan): number {
  const { config, parameters } = shape;
  const geometry: ModelGeometry = { ...config.geometry, imageToken: 0 };
  const { vision, language } = geometry;
  const width = COMPUTED_BYTES[plan.dtype];
  const adapted = adaptedBy(shape, plan.lora);
  const inTower = adapted.filter(({ weight }) => weight.startsWith("vision."));
  const whole = plan.trainable.includes("vision");
  const seeing = whole || (plan.trainable.includes("adapters") && inTower.length > 0);
  const motion = parameters.filter(({ parameter }) => parameter.startsWith("motion."));
  const ofClip = clipRows(geometry, plan);
  const rows = plan.groups * ofClip;
  // A frozen tower looks at each clip alone, one that trains at as many as a pass takes.
  const inPass = seeing ? Math.min(plan.groups, Math.max(1, Math.floor(LONGEST_PASS / ofClip))) : 1;
  const passed = inPass * ofClip;
  const patches = plan.groups * plan.frames * (plan.size / vision.patch) ** 2;
  const visual = patches / 4;
  const targets = plan.groups * plan.answers * plan.answerTokens;
  const texts = plan.groups * (plan.promptTokens + plan.answers * (plan.answerTokens - 1));

  const features = width * patches * vision.hidden;
  const input = width * vision.hidden;
  const ofTower = whole ? null : inTower;
  const block = (of: number) => blockBytes(geometry, of, width, ofTower);
  const layer = layerBytes(language, texts, width);
  const stream = width * texts * language.hidden;
  const tile = width * targets * Math.min(HEAD_TILE, language.vocabulary);
  const picked = width * targets * language.hidden;

  const seen = seeing
    ? (whole ? width * patches * 3 * vision.patch ** 2 : 0) +
      vision.layers * (rows * input + (plan.recompute ? 0 : block(rows)))
    : 0;
  // Pixels and, where they are not kept, their patches; a block that keeps nothing, or the two sums of one that does.
  const shown = width * pixels(plan);
  const passing = width * visionValues(geometry, passed);
  const looking =
    inPass * (whole ? 1 : 2) * shown + (seeing && !plan.recompute ? 2 * passed * input : passing);
  const cut = passed < rows ? features : 0;
  const moving = 2 * features + width * motionValues(plan, motion);
  const encoding = Math.max(looking + cut, moving);
  const reading = Math.max(width * decoderValues(geometry, texts), stream + 2 * picked + tile);
  // A frozen copy of a tower that trains looks at each clip alone, and keeps what it gave.
  const lookingAlone = 2 * shown + width * visionValues(geometry, ofClip) + (plan.groups > 1 ? features : 0);
  const seenAgain = plan.groups > 1 ? 2 * features : features;
  const judging = seeing ? Math.max(lookingAlone, moving, seenAgain + reading) : reading;
  const reference = plan.reference ? judging : 0;

  // Ids, positions, places, weights and log-probabilities.
  const books = 16 * texts + 44 * targets;
  const projected = width * visual * (4 * vision.hidden + 2 * language.hidden);
  const decoded = language.layers * (stream + (plan.recompute ? 0 : layer)) + 2 * picked;
  const again = plan.recompute ? layer : 0;
  const leaving = Math.max(stream + tile, plan.recompute ? width * decoderValues(geometry, texts) : 0);
  const scoring = tile + FLOAT * targets * language.hidden + picked;
  // A bfloat16 product is added to its float32 gradient.
  const product =
    width < FLOAT && plan.trainable.includes("language") ? width * largestIn("language.layers.", shape) : 0;
  const ofDecoder = adapted.filter(({ weight }) => weight.startsWith("language."));
  const unwinding =
    again +
    stream +
    width * texts * layerBackward(language) +
    Math.max(product, widenedBytes(ofDecoder, texts, width));
  const unseeing = seeing
    ? stream +
      features +
      width * passed * blockBackward(geometry) +
      (plan.recompute ? block(passed) : 0) +
      widenedBytes(inTower, passed, width)
    : 0;
  const behind = books + features + projected + decoded + Math.max(leaving, scoring, unwinding, unseeing);
  return seen + Math.max(encoding, features + reference, behind);
}

function largestIn(prefix: string, { parameters }: MemoryShape): number {
  const inside = parameters.filter(({ parameter }) => parameter.startsWith(prefix));
  return Math.max(0, ...inside.map((one) => valuesOf([one])));
}

/**
 * Bytes beyond what is held of a whole update: its widest micro-batch, and the optimiser behind it, whose arrays are of other
 * sizes than those that were freed and lie beside them: so it is measured.
 */
export function updateBytes(shape: MemoryShape, plan: UpdatePlan): number {
  return activationBytes(shape, plan) + optimizerBytes(longestRun(shape, plan), plan);
}
