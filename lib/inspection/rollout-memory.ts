/**
 * Memory of a rollout beyond what is held, from shapes alone. All answers of a step are sampled in one call, whose keys and
 * values are allocated at its beginning, for answers of the greatest length. Pure.
 */
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { DType, ModelGeometry } from "../native/binding.js";
import type { MemoryShape } from "./held-memory.js";
import {
  cacheValues,
  clipRows,
  decoderValues,
  LONGEST_PASS,
  motionValues,
  pixels,
  visionValues,
} from "./memory-plan.js";

/** One call of `generate`: its prompts, and what each is answered with. */
export interface RolloutPlan {
  readonly dtype: DType;
  /** Prompts of the call. */
  readonly prompts: number;
  /** Clips among theirs that share no frames with another one. */
  readonly clips: number;
  /** Answers to all prompts together. */
  readonly answers: number;
  readonly frames: number;
  /** Side of a frame, pixels. */
  readonly size: number;
  /** Of one prompt, slots included. */
  readonly promptTokens: number;
  readonly maxNewTokens: number;
  /** Does the tower look at each clip alone, its features being kept? */
  readonly frozenTower: boolean;
}

export function rolloutBytes({ config, parameters }: MemoryShape, plan: RolloutPlan): number {
  const geometry: ModelGeometry = { ...config.geometry, imageToken: 0 };
  const { vision, language } = geometry;
  const width = COMPUTED_BYTES[plan.dtype];
  const { prompts, answers, promptTokens } = plan;
  const cache = cacheValues(geometry, prompts * promptTokens + answers * plan.maxNewTokens + 1);
  const logits = answers * (language.vocabulary + language.heads * language.headDim);
  const ofPrompts = prompts * language.vocabulary;

  // Prompts are taken in parts of so many.
  const inPart = Math.min(prompts, Math.max(1, Math.floor(LONGEST_PASS / promptTokens)));
  const clipsInPart = Math.min(plan.clips, inPart);
  const ofClip = clipRows(geometry, plan);
  const inPass = plan.frozenTower ? 1 : Math.min(clipsInPart, Math.max(1, Math.floor(LONGEST_PASS / ofClip)));
  const patches = plan.frames * (plan.size / vision.patch) ** 2;
  const features = patches * vision.hidden;
  const motion = parameters.filter(({ parameter }) => parameter.startsWith("motion."));
  // Pixels and their patches.
  const looking = 2 * inPass * pixels(plan) + visionValues(geometry, inPass * ofClip);
  const gathered = inPart * features;
  const encoding = Math.max(
    (clipsInPart > inPass ? clipsInPart * features : 0) + looking,
    // Behind the tower they lie side by side once more.
    (clipsInPart > 1 ? clipsInPart * features : 0) + gathered,
    gathered + motionValues(plan, motion),
  );
  const rows = inPart * promptTokens;
  const visual = (inPart * patches) / 4;
  const projecting = gathered + visual * (4 * vision.hidden + 2 * language.hidden) + rows * language.hidden;
  const reading = gathered + decoderValues(geometry, rows);
  const first = Math.max(encoding, projecting, reading);
  const next = ofPrompts + decoderValues(geometry, answers);
  return Math.round(width * (cache + logits + Math.max(first + ofPrompts, 2 * ofPrompts, next)));
}
