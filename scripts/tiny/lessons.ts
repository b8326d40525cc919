/** What `tiny` and `tiny-start` learn to write of a synthetic clip. Pure; knows no trainer. */
import {
  DISTORTIONS,
  OPINION_NOISE,
  opinion,
  QUALITY_WORDS,
  SEVERITY_WORDS,
  type Severities,
} from "../../lib/synthetic/opinion.js";
import { clipStream, type SyntheticPlan } from "../../lib/synthetic/plan.js";
import type { TrainingClip } from "./clips.js";
import type { Lesson } from "./phases.js";
import { FINDING_WEIGHT, PROXY_DISTORTIONS } from "./recipe.js";
import { findingsAmong, reply } from "./wording.js";

/** What pre-training tells from a clip: the severities, and the score around 0. */
export function targetsOf({ plan: { severities, score } }: TrainingClip): number[] {
  return [...DISTORTIONS.map((name) => severities[name] ?? 0), (score - 3) / 2];
}

/** The score that a clip would have if only the proxy's distortions counted, with noise of its own. */
function proxyScore(plan: SyntheticPlan): number {
  const counted: Severities = Object.fromEntries(
    PROXY_DISTORTIONS.map((name) => [name, plan.severities[name] ?? 0]),
  );
  return opinion(counted, OPINION_NOISE * clipStream(plan, "proxy").normal());
}

const isFinding = findingsAmong([...SEVERITY_WORDS, ...QUALITY_WORDS]);

function lesson(
  name: keyof typeof FINDING_WEIGHT,
  score: (plan: SyntheticPlan) => number,
): Lesson<TrainingClip> {
  return {
    reply: ({ plan }) => reply(plan.severities, score(plan)),
    weight: (text) => (isFinding(text) ? FINDING_WEIGHT[name] : 1),
  };
}

export const LESSONS = {
  tiny: lesson("tiny", ({ score }) => score),
  "tiny-start": lesson("tiny-start", proxyScore),
} as const;
