/** Whether what a run asks for fits a checkpoint's shape: seen before any weight is read. Pure. */
import { optionError } from "../core/check.js";
import type { PromptSlots } from "../text/prompt.js";

export interface CheckpointShape {
  /** Side of a vision patch, pixels. */
  readonly patch: number;
  readonly hasMotion: boolean;
}

/** @throws {EngineError} E_OPTION unless a frame of this side is whole pairs of patches. */
export function checkImageSize(patch: number, size: number): void {
  const side = 2 * patch;
  if (!(size >= side && size % side === 0)) throw optionError("imageSize", `a multiple of ${side}`, size);
}

/** Thirty times the positions that the published checkpoints were trained for; what is between is only unlikely to be meant. */
const MOST_VISUAL_TOKENS = 2 ** 20;

/** @throws {EngineError} E_OPTION naming imageSize where one frame alone is beyond all reason, else frames. */
export function checkVisualTokens({ frames, visualTokens }: PromptSlots, size: number): void {
  const why = `a frame of ${size} is ${visualTokens} tokens, and a prompt takes ${MOST_VISUAL_TOKENS}`;
  if (visualTokens > MOST_VISUAL_TOKENS) throw optionError("imageSize", "a smaller side", size, why);
  const most = Math.floor(MOST_VISUAL_TOKENS / visualTokens);
  if (frames > most) throw optionError("frames", `at most ${most}`, frames, why);
}

/** @throws {EngineError} E_OPTION for a size that the patches do not fill, and for parts that are not there. */
export function checkFits(
  { patch, hasMotion }: CheckpointShape,
  {
    imageSize,
    trainable,
  }: { readonly imageSize?: number | undefined; readonly trainable: readonly string[] },
): void {
  if (imageSize !== undefined) checkImageSize(patch, imageSize);
  if (hasMotion || !trainable.includes("motionProjector")) return;
  const hint =
    "there are no motion parts: leave it out, or name SlowFast's weights with slowfast, or let motion be on";
  throw optionError("trainable", "parts of the checkpoint", "motionProjector", hint);
}
