/** Whether what a run asks for fits a checkpoint's shape: seen before any weight is read. Pure. */
import { optionError } from "../core/check.js";
import type { LanguageGeometry } from "../native/binding.js";
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

/**
 * Visual tokens beyond a checkpoint's positions, which dynamic NTK stretches by its factor, are beyond what it can read.
 *
 * @throws {EngineError} E_OPTION naming imageSize where one frame alone is too large, else frames.
 */
export function checkPositions(
  { maxPositions, ropeFactor }: Pick<LanguageGeometry, "maxPositions" | "ropeFactor">,
  { frames, visualTokens }: PromptSlots,
  size: number,
): void {
  const positions = Math.floor(maxPositions * Math.max(1, ropeFactor));
  const why = `a frame of ${size} is ${visualTokens} tokens, and the checkpoint has ${positions} positions`;
  if (visualTokens > positions) throw optionError("imageSize", "a smaller side", size, why);
  const most = Math.floor(positions / visualTokens);
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
  const hint = "this checkpoint has no motion parts: leave it out, or name SlowFast's weights with slowfast";
  throw optionError("trainable", "parts of the checkpoint", "motionProjector", hint);
}
