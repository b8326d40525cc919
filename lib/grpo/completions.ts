/** The lines of completions.jsonl: one per video of a step, with every answer and what it earned. */
import type { StepResult } from "./step.js";

export function completionLines({ step, rollout, rewards, advantages }: StepResult): object[] {
  return rollout.groups.map(({ video, answers, completions, perturbed }, i) => ({
    step,
    id: video.id,
    video: video.path,
    target: video.target,
    answers: answers.map(({ text, score }, k) => ({
      text,
      score,
      stop: completions[k]?.stop,
      rewards: Object.fromEntries([...rewards.parts].map(([name, groups]) => [name, groups[i]?.[k]])),
      advantage: advantages[i * answers.length + k],
    })),
    perturbed: perturbed?.map(({ text, score }) => ({ text, score })),
  }));
}
