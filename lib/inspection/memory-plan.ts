/**
 * Memory that scoring takes, from shapes alone: every tensor that lives at the widest moment, as the engine allocates
 * them. Pure. test/e2e/real-shape.test.ts holds it against a process that is measured; training is train-memory.ts.
 */
import { COMPUTED_BYTES, elementCount } from "../core/element-types.js";
import type { MappedParameter } from "../layout/parameters.js";
import type { DType, ModelGeometry } from "../native/binding.js";

/** Node, the addon and libtorch with its operators warm, measured with the tiny checkpoint. */
const PROCESS_BYTES = 330e6;
export interface ScorePlan {
  readonly frames: number;
  /** Side of a frame, pixels. */
  readonly size: number;
  /** Prompt tokens, slots included. */
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly dtype: DType;
}

/** Values of these parameters. */
export function valuesOf(parameters: readonly MappedParameter[]): number {
  return parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Of SlowFast and the vision tower a clip's frames, [F, 3, S, S]. */
export function pixels({ frames, size }: { frames: number; size: number }): number {
  return 3 * frames * size ** 2;
}

/** Most rows that the vision tower, or the decoder before an answer, takes in one pass; at least a clip or prompt each. */
export const LONGEST_PASS = 16384;

/** Rows of the vision tower for one clip. */
export function clipRows(
  { vision }: ModelGeometry,
  { frames, size }: { frames: number; size: number },
): number {
  return frames * (1 + (size / vision.patch) ** 2);
}

/** A block holds its input, the middle, the hidden layer and the product with it; with norms of q and k, their copies. */
export function visionValues({ vision }: ModelGeometry, rows: number): number {
  const attend = 6 + (vision.qkNorm ? 4 : 0);
  const feed = 3 + vision.intermediate / vision.hidden;
  return rows * vision.hidden * Math.max(attend, feed);
}

/**
 * SlowFast's widest moment, as so many times the frames for each output of its stems: activations behind them in two
 * memory formats, padded channels and what lies free between them. Measured with the published net, whose stems have 72,
 * at 6 and 12 frames of 448 and 560 pixels: 14 to 20 times. Channels are padded, so that even the smallest net takes 3.5.
 */
const MOTION_SHARE = 16 / 72;
const LEAST_MOTION = 3.5;

export function motionValues(
  plan: Pick<ScorePlan, "frames" | "size">,
  motion: readonly MappedParameter[],
): number {
  const stems = motion.filter(({ parameter }) =>
    /^motion\.0\.multipathway_blocks\.\d\.conv\.weight$/.test(parameter),
  );
  const outputs = stems.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return outputs === 0 ? 0 : Math.max(LEAST_MOTION, MOTION_SHARE * outputs) * pixels(plan);
}

/** The widest layer of the decoder over all rows of the prompt. */
export function decoderValues({ language }: ModelGeometry, rows: number): number {
  const { hidden, intermediate, heads, kvHeads, headDim } = language;
  const attention = (2 * heads + 2 * kvHeads) * headDim;
  return rows * (3 * intermediate + 2 * hidden + attention);
}

export function cacheValues({ language }: ModelGeometry, rows: number): number {
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
  const rows = clipRows(geometry, plan);
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
