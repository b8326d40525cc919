/** A batch of a reward's own: rewards are strangers' code, and what one changes in its batch stays there. */
import type { Answer, RewardBatch, RewardVideo } from "./reward.js";

export function ownBatch({ videos, ...place }: RewardBatch): RewardBatch {
  return { ...place, videos: videos.map(ownVideo) };
}

/** Keys that a video has not stay absent. */
function ownVideo(video: RewardVideo): RewardVideo {
  const { answers, perturbed, scale, fields } = video;
  return {
    ...video,
    answers: answers.map(ownAnswer),
    ...(perturbed && { perturbed: perturbed.map(ownAnswer) }),
    ...(scale && { scale: { ...scale } }),
    ...(fields && { fields: { ...fields } }),
  };
}

function ownAnswer(answer: Answer): Answer {
  return { ...answer };
}
