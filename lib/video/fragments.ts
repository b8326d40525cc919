/**
 * Fragments of a video: patches at their own resolution from a grid over the frame, side by side in one small picture, the
 * same places in frames that follow each other. Pure; knows nothing of files or ffmpeg.
 *
 * Source: grid mini-patch sampling of Wu et al., FAST-VQA, ECCV 2022, section 3.1; groups of neighbouring frames, places by the
 * block grid and the whole frame are ours.
 */
import { checkInteger, optionError } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { Draws, streamOf } from "../core/rng.js";
import type { Picture } from "./picture.js";

/** How fragments are taken. */
export interface Fragments {
  /** Side of a patch, pixels of the video; divides the side of the clip's frames. */
  readonly patch: number;
  /** Frames that follow each other and are cut at the same places, ≥ 1. */
  readonly neighbours: number;
  /** Names the random places, ≥ 0. */
  readonly seed: number;
}

/** What holds where nobody says otherwise. */
export const FRAGMENTS: Fragments = { patch: 32, neighbours: 4, seed: 0 };

const NAMES: Names<Fragments> = { patch: true, neighbours: true, seed: true };

/** Codecs quantise blocks of 8: places of patches are 4 pixels off them, where block edges lie within a model's patches. */
const BLOCK = 8;

/** With the defaults in the place of what is not given. @throws {EngineError} E_OPTION for what is no such setting. */
export function fragmentsOf(given: Partial<Fragments> = {}): Fragments {
  checkOptions(given, NAMES, "fragments");
  const { patch = FRAGMENTS.patch, neighbours = FRAGMENTS.neighbours, seed = FRAGMENTS.seed } = given;
  checkInteger("fragments.patch", patch, 1);
  checkInteger("fragments.neighbours", neighbours, 1);
  checkInteger("fragments.seed", seed, 0);
  return { patch, neighbours, seed };
}

/**
 * The frames of a plan by fragments: groups of `neighbours` frames that follow each other, spread evenly over the video, then
 * the whole frame, which is the middle one. A video shorter than a group repeats its last frame.
 *
 * @param frameCount  frames in the file, ≥ 1.
 * @param frames      F, as checkGroups wants it.
 * @returns           [F], each in [0, frameCount).
 */
export function fragmentsPlan(frameCount: number, frames: number, { neighbours }: Fragments): Int32Array {
  const groups = (frames - 1) / neighbours;
  const plan = Int32Array.from({ length: frames }, (_, i) => {
    const group = Math.floor(i / neighbours);
    const middle = ((group + 0.5) * frameCount) / groups;
    const first = Math.min(
      Math.max(Math.floor(middle - neighbours / 2), 0),
      Math.max(frameCount - neighbours, 0),
    );
    return Math.min(first + (i % neighbours), frameCount - 1);
  });
  plan[frames - 1] = Math.floor(frameCount / 2);
  return plan;
}

/** Is this place of a plan of F frames a whole frame? The last one is. */
export function isWhole(position: number, frames: number): boolean {
  return position === frames - 1;
}

/** @throws {EngineError} E_OPTION unless F frames are whole groups and the whole frame. */
export function checkGroups(frames: number, { neighbours }: Fragments): void {
  const groups = (frames - 1) / neighbours;
  if (Number.isInteger(groups) && groups >= 1) return;
  const near = Math.max(Math.round(groups) || 1, 1) * neighbours + 1;
  const expected = `a multiple of fragments.neighbours, ${neighbours}, and one whole frame, such as ${near}`;
  throw optionError("frames", expected, frames);
}

/**
 * @param name  what the caller calls the side of a clip's frames.
 * @throws {EngineError} E_OPTION unless patches fill a frame of `size`.
 */
export function checkMosaic(size: number, { patch }: Fragments, name = "size"): void {
  if (checkInteger(name, size, 1) % patch === 0) return;
  throw optionError(
    name,
    `a multiple of fragments.patch, ${patch}`,
    size,
    "or fragments whose patch divides it",
  );
}

/** What is wrong with frames that have no room for a patch; null for others. */
export function withoutRoom({ width, height }: Omit<Picture, "rgb">, { patch }: Fragments): string | null {
  if (width >= patch && height >= patch) return null;
  return `expected frames of at least ${patch} x ${patch} pixels, a patch of the fragments, found ${width} x ${height}`;
}

/**
 * The patches of a group of neighbouring frames as one picture [size, size, 3], in the order of the grid. A frame with a
 * side smaller than the picture has patches that overlap; nothing is made larger.
 *
 * @param frame  with room for a patch.
 * @param size   a multiple of the patch.
 * @param group  counts the groups of a plan; names the places with the seed.
 */
export function mosaic(frame: Picture, size: number, group: number, { patch, seed }: Fragments): Picture {
  const { rgb, width, height } = frame;
  const cells = size / patch;
  const draws = new Draws(streamOf("fragments", seed, group));
  const out = new Uint8Array(size * size * 3);
  const row = patch * 3;
  for (let down = 0; down < cells; down++) {
    for (let across = 0; across < cells; across++) {
      const left = placeIn(width, cells, across, patch, draws.below(2 ** 16) / 2 ** 16);
      const top = placeIn(height, cells, down, patch, draws.below(2 ** 16) / 2 ** 16);
      for (let y = 0; y < patch; y++) {
        const from = ((top + y) * width + left) * 3;
        out.set(rgb.subarray(from, from + row), ((down * patch + y) * size + across * patch) * 3);
      }
    }
  }
  return { rgb: out, width: size, height: size };
}

/** Where the patch of a cell begins along one axis. `share` in [0, 1) is of the room that the cell leaves. */
function placeIn(side: number, cells: number, cell: number, patch: number, share: number): number {
  if (side < cells * patch) return Math.floor(((side - patch) * cell) / Math.max(cells - 1, 1));
  const begin = Math.floor((cell * side) / cells);
  const room = Math.floor(((cell + 1) * side) / cells) - begin - patch;
  const drawn = begin + Math.floor(share * (room + 1));
  const aligned = drawn - ((((drawn - BLOCK / 2) % BLOCK) + BLOCK) % BLOCK);
  return aligned >= begin ? aligned : drawn;
}
