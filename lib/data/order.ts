/** Which videos a step takes: a function of seed and step alone, so that a run can go on from anywhere. */
import { checkInteger, optionError } from "../core/check.js";
import { Draws, streamOf } from "../core/rng.js";

/** Whole steps of one pass over the data; the rest of a pass that fills no step is left out, as released. */
export function stepsPerEpoch(videoCount: number, videosPerStep: number): number {
  checkInteger("videosPerStep", videosPerStep, 1);
  if (videoCount < videosPerStep) {
    const expected = `at most ${videoCount}, the number of videos`;
    throw optionError("videosPerStep", expected, videosPerStep, "lower it or list more videos");
  }
  return Math.floor(videoCount / videosPerStep);
}

/**
 * Indices of the videos of one step; each epoch is a permutation from its own named stream.
 *
 * @param step  from 1.
 * @returns     [videosPerStep], each in [0, videoCount), all different.
 */
export function stepVideos(
  seed: number,
  step: number,
  videoCount: number,
  videosPerStep: number,
): Int32Array {
  checkInteger("step", step, 1);
  const perEpoch = stepsPerEpoch(videoCount, videosPerStep);
  const epoch = Math.floor((step - 1) / perEpoch);
  const place = (step - 1) % perEpoch;
  const all = Int32Array.from({ length: videoCount }, (_, i) => i);
  return new Draws(streamOf("order", seed, epoch))
    .shuffled(all)
    .slice(place * videosPerStep, (place + 1) * videosPerStep);
}
