/** Keys of a run small enough for a test of the whole: the tiny model on rendered videos, one thread. */
import { renderedVideos } from "./rendered.js";

/** Steps of it. */
export const STEPS = 6;

/** Of either method; the list has twelve videos. */
export async function smallRun(out: string) {
  return {
    model: "tiny-start",
    data: (await renderedVideos(12)).manifest,
    out,
    steps: STEPS,
    seed: 3,
    threads: 1,
    videosPerStep: 4,
    learningRate: 3e-4,
    trainable: ["projector" as const, "language" as const, "motionProjector" as const],
    checkpointEvery: 2,
  };
}
