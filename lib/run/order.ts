/** Which videos of a run make which step. */
import { datasetOrder } from "../data/dataset-order.js";
import { stepsPerEpoch, stepVideos } from "../data/order.js";
import type { TrainVideo } from "../train/video.js";
import type { RunKeys } from "./keys.js";

export function datasetsOf(
  { seed, videosPerStep }: RunKeys,
  videos: readonly { readonly dataset?: string | undefined }[],
) {
  return datasetOrder(
    seed,
    videos.map(({ dataset }) => dataset),
    videosPerStep,
  );
}

export function epochSteps(config: RunKeys, videos: readonly TrainVideo[]): number {
  const { oneDataset, videosPerStep } = config;
  return oneDataset ? datasetsOf(config, videos).stepsPerEpoch : stepsPerEpoch(videos.length, videosPerStep);
}

export function videoOrder(config: RunKeys, videos: readonly TrainVideo[]): (step: number) => TrainVideo[] {
  const { seed, videosPerStep } = config;
  const order = config.oneDataset ? datasetsOf(config, videos) : null;
  const placesOf = (step: number) =>
    order === null ? stepVideos(seed, step, videos.length, videosPerStep) : order.videosOf(step);
  return (step) => Array.from(placesOf(step), (i) => videos[i] as TrainVideo);
}
