/** Synthetic clips in memory for the making of the tiny model: real H.264, decoded, planned frames resized natively. */
import type { NativeClip } from "../../lib/model/clip.js";
import { clipOfFrames } from "../../lib/model/clip.js";
import { FRAMES, RATE, SIDE } from "../../lib/synthetic/geometry.js";
import type { SyntheticPlan } from "../../lib/synthetic/plan.js";
import { renderFrames, type SetOptions } from "../../lib/synthetic/render-set.js";
import { releasedPlan } from "../../lib/video/frame-plan.js";
import { TINY } from "./wording.js";

export interface TrainingClip {
  readonly plan: SyntheticPlan;
  readonly clip: NativeClip;
}

/** Renders a set and keeps the frames that the model will see; by index. */
export async function renderTrainingClips(options: SetOptions): Promise<TrainingClip[]> {
  const indices = releasedPlan(FRAMES, TINY.shape.frames);
  const times = Float64Array.from(indices, (index) => index / RATE);
  const bytes = SIDE * SIDE * 3;
  const pending: Promise<TrainingClip>[] = [];
  await renderFrames(options, (plan, rgb) => {
    const frames = Array.from(indices, (index) => ({
      rgb: rgb.subarray(index * bytes, (index + 1) * bytes),
      width: SIDE,
      height: SIDE,
    }));
    pending.push(clipOfFrames(frames, TINY.shape.imageSize, times).then((clip) => ({ plan, clip })));
  });
  const clips = await Promise.all(pending);
  return clips.sort((a, b) => a.plan.index - b.plan.index);
}
