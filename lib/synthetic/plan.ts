/** What one clip will be, decided from its set, seed and index alone: content, severities, score. Pure; draws no pixel. */

import { quantiser, repeatedFrames } from "./distortions.js";
import { between, pick, Sfc32, subset } from "./draw.js";
import type { SetKind } from "./geometry.js";
import {
  DISTORTIONS,
  type Distortion,
  OPINION_NOISE,
  opinion,
  type Severities,
  UNSEEN_DISTORTIONS,
  type UnseenDistortion,
} from "./opinion.js";
import { SEEN_CONTENT } from "./textures.js";
import { timeline } from "./timeline.js";
import { UNSEEN_CONTENT } from "./unseen-textures.js";

export type Content = keyof typeof SEEN_CONTENT | keyof typeof UNSEEN_CONTENT;

export interface SyntheticPlan {
  readonly kind: SetKind;
  readonly seed: number;
  readonly index: number;
  readonly content: Content;
  readonly severities: Severities;
  readonly overexposed: boolean;
  /** x264's constant quantiser. */
  readonly quantiser: number;
  /** [FRAMES] moment of the scene that each frame shows. */
  readonly moments: Int32Array;
  /** Pseudo opinion score, 1..5. */
  readonly score: number;
}

/** None to three distortions: shares of clips with 0, 1, 2 and 3. */
const COUNT_SHARES = [0.12, 0.38, 0.32, 0.18] as const;

function distortionCount(u: number): number {
  let passed = 0;
  for (const [count, share] of COUNT_SHARES.entries()) {
    passed += share;
    if (u < passed) return count;
  }
  return COUNT_SHARES.length - 1;
}

/** The random stream of one purpose in one clip; sets, seeds and clips never share one. */
export function clipStream(
  plan: Pick<SyntheticPlan, "kind" | "seed" | "index">,
  purpose: string,
  moment = 0,
): Sfc32 {
  return new Sfc32("synthetic", plan.kind, plan.seed, plan.index, purpose, moment);
}

/** @param index of the clip in its set, from 0. */
export function planClip(kind: SetKind, seed: number, index: number): SyntheticPlan {
  const rng = clipStream({ kind, seed, index }, "plan");
  const families = Object.keys(kind === "unseen-content" ? UNSEEN_CONTENT : SEEN_CONTENT) as Content[];
  const content = pick(rng, families);
  const available: readonly (Distortion | UnseenDistortion)[] =
    kind === "unseen-distortion" ? UNSEEN_DISTORTIONS : DISTORTIONS;
  const severities: Partial<Record<Distortion | UnseenDistortion, number>> = {};
  for (const name of subset(rng, available, distortionCount(rng.uniform())))
    severities[name] = between(rng, 0.15, 1);
  return {
    kind,
    seed,
    index,
    content,
    severities,
    overexposed: rng.uniform() < 0.5,
    quantiser: quantiser(severities.compression ?? 0),
    moments: timeline(rng, repeatedFrames(severities.stutter ?? 0)),
    score: opinion(severities, OPINION_NOISE * rng.normal()),
  };
}
