/** Paints a planned clip as raw planar 4:2:0 frames, everything but the encoder's quantisation. Knows no process and no file. */
import { expose, SPATIAL } from "./distortions.js";
import { CLIP_BYTES, FRAME_BYTES, FRAMES } from "./geometry.js";
import { clipStream, type SyntheticPlan } from "./plan.js";
import { newFrame } from "./plane.js";
import { drawScene, makeScene } from "./scene.js";
import { SEEN_CONTENT } from "./textures.js";
import { UNSEEN_SPATIAL } from "./unseen-distortions.js";
import { UNSEEN_CONTENT } from "./unseen-textures.js";

const CONTENT = { ...SEEN_CONTENT, ...UNSEEN_CONTENT };
/** In the order of a camera: optics, exposure, sensor; then what happens to the picture later. */
const AFTER_EXPOSURE = { noise: SPATIAL.noise, ...UNSEEN_SPATIAL };

/** Bytes of the FRAMES frames end to end, CLIP_BYTES in all. */
export function renderClip(plan: SyntheticPlan): Uint8Array {
  const scene = makeScene(clipStream(plan, "scene"), CONTENT[plan.content]);
  const clip = new Uint8Array(CLIP_BYTES);
  const frame = newFrame();
  const { severities } = plan;
  for (let i = 0; i < FRAMES; i++) {
    const moment = plan.moments[i] ?? i;
    if (i > 0 && moment === plan.moments[i - 1]) {
      clip.copyWithin(i * FRAME_BYTES, (i - 1) * FRAME_BYTES, i * FRAME_BYTES);
      continue;
    }
    drawScene(scene, moment, frame);
    if (severities.blur) SPATIAL.blur(frame, severities.blur);
    if (severities.exposure) expose(frame, severities.exposure, plan.overexposed);
    for (const [name, distort] of Object.entries(AFTER_EXPOSURE)) {
      const severity = severities[name as keyof typeof AFTER_EXPOSURE];
      if (severity) distort(frame, severity, clipStream(plan, name, moment));
    }
    clip.set(frame.bytes, i * FRAME_BYTES);
  }
  return clip;
}
