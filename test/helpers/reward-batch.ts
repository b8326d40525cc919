/** Small reward batches from texts, parsed as the public trainer does. */
import type { RewardBatch } from "../../lib/rewards/reward.js";
import { parseAnswer } from "../../lib/text/answer.js";

export interface VideoTexts {
  target: number;
  texts: string[];
  perturbed?: string[];
}

export function batchOf(videos: VideoTexts[], seed = 1): RewardBatch {
  const answers = (texts: string[]) =>
    texts.map((text) => ({ text, score: parseAnswer(text, { variant: "released" }).score }));
  return {
    step: 1,
    seed,
    videos: videos.map(({ target, texts, perturbed }, i) => ({
      id: `v${i}`,
      target,
      answers: answers(texts),
      ...(perturbed === undefined ? {} : { perturbed: answers(perturbed) }),
    })),
  };
}

/** A batch of parsed scores; null where an answer holds none. */
export function scored(
  videos: { target: number; scores: (number | null)[]; perturbed?: (number | null)[]; dataset?: string }[],
): RewardBatch {
  const answers = (scores: (number | null)[]) => scores.map((score) => ({ text: "", score }));
  return {
    step: 3,
    seed: 4,
    videos: videos.map(({ target, scores, perturbed, dataset }, i) => ({
      id: String(i),
      target,
      ...(dataset === undefined ? {} : { dataset }),
      answers: answers(scores),
      ...(perturbed === undefined ? {} : { perturbed: answers(perturbed) }),
    })),
  };
}

/** Null is near to null alone. */
export function near(
  actual: ArrayLike<number | null>,
  expected: ArrayLike<number | null>,
  tolerance: number,
): boolean {
  return (
    actual.length === expected.length &&
    Array.from(actual).every((x, i) => {
      const y = expected[i] ?? null;
      return x === null || y === null ? x === y : Math.abs(x - y) <= tolerance;
    })
  );
}

/** The rewards of all groups end to end. */
export const flat = (groups: readonly (readonly (number | null)[])[]) => groups.flat();

/** Two videos of four answers with the public trainer's own rewards and advantages. */
export const RECORDED = {
  batch: () =>
    batchOf([
      {
        target: 3.2,
        texts: [
          "<think>a</think><answer>3.25</answer>",
          "<think>a</think>\n<answer> 3.50 </answer>",
          "<think>a</think> <answer>2.87</answer>",
          "<answer>4</answer>",
        ],
      },
      {
        target: 2.0,
        texts: [
          "<think>b</think><answer>1.95</answer>",
          "<think>b</think><answer>2.10/5</answer>",
          "<think>b</think><answer>2.456</answer>",
          "score 2.33 then",
        ],
      },
    ]),
  ranking: [0.989048, 0.997497, 0.947494, 1.000838, 0.999597, 0.997749, 0.98313, 0.990767],
  regression: [0.995012, 0.668216, 0.804286, 0.22243, 0.995012, 0.784159, 0.659765, 0.804286],
  format: [1, 1, 1, 0, 1, 1, 1, 0],
  total: [2.984061, 2.665713, 2.751781, 1.223268, 2.994609, 2.781908, 2.642895, 1.795053],
  advantages: [0.72222, 0.32434, 0.43191, -1.47848, 0.83825, 0.43394, 0.1697, -1.4419],
} as const;
