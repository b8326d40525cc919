/** Which videos a step takes where each step is of one dataset: a function of seed and step alone, as in order.ts. */
import { checkInteger, optionError } from "../core/check.js";
import { shown } from "../core/refuse.js";
import { Draws, streamOf } from "../core/rng.js";

/** Videos of steps of one dataset each. */
export interface DatasetOrder {
  /** Whole steps of one pass over the data; what fills no step of its dataset is left out of the pass. */
  readonly stepsPerEpoch: number;
  /** Indices [videosPerStep] of the videos of a step, from 1: all of one dataset, all different. */
  videosOf(step: number): Int32Array;
}

/**
 * Each epoch permutes the videos of each dataset, cuts them into steps, and permutes the steps of all datasets.
 *
 * @param datasets  of each video, its dataset's name.
 * @throws {EngineError} E_OPTION for a video without a dataset, and for a dataset with fewer videos than a step takes.
 * @source VisualQuality-R1, whose batches hold one dataset each: labels on scales that differ are never compared.
 */
export function datasetOrder(
  seed: number,
  datasets: readonly (string | undefined)[],
  videosPerStep: number,
): DatasetOrder {
  checkInteger("videosPerStep", videosPerStep, 1);
  const places = new Map<string, number[]>();
  for (const [i, dataset] of datasets.entries()) {
    if (dataset === undefined)
      throw optionError(
        "oneDataset",
        "a dataset for each video of the list",
        `none for video ${i + 1} of ${datasets.length}`,
      );
    const known = places.get(dataset);
    if (known === undefined) places.set(dataset, [i]);
    else known.push(i);
  }
  for (const [dataset, { length }] of places)
    if (length < videosPerStep) {
      const expected = `at most ${length}, the videos of dataset ${shown(dataset)} (oneDataset)`;
      throw optionError("videosPerStep", expected, videosPerStep, "lower it or leave that dataset out");
    }
  const parts = [...places].map(([dataset, videos]) => ({
    dataset,
    videos,
    steps: Math.floor(videos.length / videosPerStep),
  }));
  const stepsPerEpoch = parts.reduce((sum, { steps }) => sum + steps, 0);
  return {
    stepsPerEpoch,
    videosOf(step) {
      checkInteger("step", step, 1);
      const epoch = Math.floor((step - 1) / stepsPerEpoch);
      const all = Int32Array.from({ length: stepsPerEpoch }, (_, i) => i);
      let turn = new Draws(streamOf("steps", seed, epoch)).shuffled(all)[(step - 1) % stepsPerEpoch] ?? 0;
      const part = parts.find(({ steps }) => {
        if (turn < steps) return true;
        turn -= steps;
        return false;
      });
      const { dataset = "", videos = [] } = part ?? {};
      return new Draws(streamOf("order", seed, epoch, dataset))
        .shuffled(videos)
        .slice(turn * videosPerStep, (turn + 1) * videosPerStep);
    },
  };
}
