/** Size, length and rate of every synthetic clip, and the names of the sets. Plain data; knows no file and no process. */

/** Side of the square frames, pixels; even, because chroma has half the resolution. */
export const SIDE = 128;
/** Frames of a clip: two seconds. */
export const FRAMES = 18;
/** Frames a second. */
export const RATE = 9;

/** Samples of one frame in planar 4:2:0: luma, then the two chroma planes. */
export const FRAME_BYTES = (SIDE * SIDE * 3) / 2;
export const CLIP_BYTES = FRAME_BYTES * FRAMES;

export const SET_KINDS = ["train", "warm-up", "in-domain", "unseen-content", "unseen-distortion"] as const;
/** `train` serves GRPO, `warm-up` pre-training and SFT; the other three are held out. */
export type SetKind = (typeof SET_KINDS)[number];
