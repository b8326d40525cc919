/** Which frames of a video a checkpoint is shown, and how: its settings, and what is asked instead. Opens nothing. */

import { checkGroups, checkMosaic, type Fragments } from "../video/fragments.js";
import { cutOf, type FrameSampling } from "../video/frame-plan.js";
import type { ModelSettings } from "./settings.js";

/** What may be asked instead of a checkpoint's settings. */
export interface AskedFrames {
  readonly frames?: number | undefined;
  readonly imageSize?: number | undefined;
  readonly sampling?: FrameSampling | undefined;
}

/** Frames of a clip as its model is shown them. */
export interface PlannedClip {
  /** F ≥ 1. */
  readonly frames: number;
  /** Side S of the square frames, pixels. */
  readonly size: number;
  readonly sampling: FrameSampling;
  /** How frames are cut; none where they are whole. */
  readonly fragments?: Fragments;
  readonly signal: AbortSignal | undefined;
}

/**
 * A named choice of frames says whether they are cut as well; a function chooses frames alone, and a checkpoint that is shown
 * fragments is shown fragments of those.
 *
 * @throws {EngineError} E_OPTION for frames or a size that fragments do not fill.
 */
export function clipPlanOf(
  settings: Pick<ModelSettings, "frames" | "imageSize" | "sampling" | "fragments">,
  asked: AskedFrames,
  signal?: AbortSignal,
): PlannedClip {
  const { frames = settings.frames, imageSize: size = settings.imageSize } = asked;
  const { sampling = settings.sampling } = asked;
  const plan = { frames, size, sampling, signal };
  const named = typeof sampling === "function" ? settings.sampling : sampling;
  const fragments = named === "fragments" ? cutOf(named, settings.fragments) : null;
  if (fragments === null) return plan;
  checkGroups(frames, fragments);
  checkMosaic(size, fragments, "imageSize");
  return { ...plan, fragments };
}
