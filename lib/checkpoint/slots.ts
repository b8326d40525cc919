/** How many slots a video takes in a prompt. Pure arithmetic over a checkpoint's shape; opens nothing. */
import type { PromptSlots } from "../text/prompt.js";

/**
 * Four patches of a frame become one visual token.
 *
 * @param patch   side of a vision patch, pixels.
 * @param size    side of a frame, pixels; what does not fill a pair of patches gives no token.
 * @param motion  has the checkpoint motion parts?
 */
export function slotsOf(patch: number, frames: number, size: number, motion: boolean): PromptSlots {
  return { frames, visualTokens: Math.floor(size / (2 * patch)) ** 2, motion };
}
