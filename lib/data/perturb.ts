/**
 * Temporal perturbations as index plans: which original frame stands at each place of the perturbed copy,
 * −1 being a frame of zeros after normalisation (the mean colour). Knows nothing of pixels.
 *
 * Source: the public VQAThinker trainer's six modes.
 */
import { checkInteger, checkOneOf } from "../core/check.js";
import { Draws } from "../core/rng.js";
import {
  DECODED_MODES,
  type DecodedMode,
  type DecodedPlan,
  decodedPlan,
  isDecodedMode,
} from "./perturb-decoded.js";

/** Every way of disturbing the order of frames. */
export const PERTURBATION_MODES = [
  "shuffle",
  "localShuffle",
  "reverse",
  "jitter",
  "duplicate",
  "randomDrop",
] as const;
/** One of PERTURBATION_MODES. */
export type PerturbationMode = (typeof PERTURBATION_MODES)[number];

/** How the frames of a perturbed twin are disturbed. */
export interface Perturbation {
  readonly mode: PerturbationMode;
  /** [frames], each in [−1, frames). */
  readonly indices: Int32Array;
}

/** Frames of one window of `localShuffle`. */
const WINDOW = 4;

/** The index plan of one mode for a clip of `frames`; the same stream gives the same plan. */
export function perturbation(mode: PerturbationMode, frames: number, stream: bigint): Int32Array {
  checkOneOf("mode", mode, PERTURBATION_MODES);
  checkInteger("frames", frames, 1);
  return PLANS[mode](frames, new Draws(stream));
}

/** One of `modes`, which may be decoded ones too, each equally likely, and its plan. */
export function drawnPerturbation(
  frames: number,
  stream: bigint,
  modes: readonly (PerturbationMode | DecodedMode)[],
): { readonly mode: PerturbationMode | DecodedMode; readonly plan: Int32Array | DecodedPlan } {
  checkInteger("modes.length", modes.length, 1);
  const draws = new Draws(stream);
  const mode = checkOneOf("modes", modes[draws.below(modes.length)], [
    ...PERTURBATION_MODES,
    ...DECODED_MODES,
  ]);
  return isDecodedMode(mode)
    ? { mode, plan: decodedPlan(mode, draws) }
    : { mode, plan: PLANS[mode](frames, draws) };
}

/** One of `modes`, each equally likely, and its plan. */
export function randomPerturbation(
  frames: number,
  stream: bigint,
  modes: readonly PerturbationMode[] = PERTURBATION_MODES,
): Perturbation {
  checkInteger("modes.length", modes.length, 1);
  const draws = new Draws(stream);
  const mode = checkOneOf("modes", modes[draws.below(modes.length)], PERTURBATION_MODES);
  return { mode, indices: PLANS[mode](frames, draws) };
}

const PLANS: Readonly<Record<PerturbationMode, (frames: number, draws: Draws) => Int32Array>> = {
  /** A permutation of all frames; may be the identity. */
  shuffle: (frames, draws) => draws.shuffled(range(frames)),

  /** Windows of four neighbours, each permuted by itself. */
  localShuffle: (frames, draws) => {
    const result = range(frames);
    for (let start = 0; start < frames; start += WINDOW) {
      result.set(draws.shuffled(result.subarray(start, start + WINDOW)), start);
    }
    return result;
  },

  reverse: (frames) => range(frames).reverse(),

  /** Each frame replaced by itself or a neighbour. */
  jitter: (frames, draws) =>
    range(frames).map((t) => Math.min(Math.max(t + draws.below(3) - 1, 0), frames - 1)),

  /** One to three copies of a frame put in somewhere, as many others taken out. */
  duplicate: (frames, draws) => {
    const most = Math.min(3, frames - 1);
    if (most === 0) return range(frames);
    const source = draws.below(frames);
    const copies = 1 + draws.below(most);
    const place = draws.below(frames + 1);
    const removed = new Set(draws.shuffled(range(frames)).subarray(0, copies));
    const kept = (from: number, to: number) =>
      Array.from(range(frames).subarray(from, to)).filter((t) => !removed.has(t));
    return Int32Array.from([
      ...kept(0, place),
      ...new Array<number>(copies).fill(source),
      ...kept(place, frames),
    ]);
  },

  /** One to three frames emptied. */
  randomDrop: (frames, draws) => {
    const dropped = 1 + draws.below(Math.min(3, frames));
    const result = range(frames);
    for (const t of draws.shuffled(range(frames)).subarray(0, dropped)) result[t] = -1;
    return result;
  },
};

function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
