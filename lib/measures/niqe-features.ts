/** The features of NIQE of one picture, as the engine computes them. Knows no model and no score. */
import { checkInteger, optionError } from "../core/check.js";
import { nativeJob } from "../native/call.js";

/** A block's side in pixels; a picture has no features without a whole block. */
export const NIQE_BLOCK = 96;
/** Numbers of a block: 18 at full size, 18 at half size. */
export const NIQE_FEATURES = 36;

/** What NIQE sees of a picture: its whole blocks of 96 × 96, column after column, from the top left. */
export interface NiqeBlocks {
  /**
   * Numbers [blocks, 36]: at full size, then at half size, shape and spread of the normalised values, then shape, mean, left and
   * right spread of the products of neighbours (right, below, and on both diagonals). NaN where nothing lies on one side of 0.
   */
  readonly features: Float64Array;
  /** Mean local deviation [blocks] at full size, in levels of 0..255. */
  readonly sharpness: Float64Array;
}

/**
 * Source: A. Mittal, R. Soundararajan, A. C. Bovik, "Making a Completely Blind Image Quality Analyzer", IEEE Signal Processing
 * Letters 20(3), 2013; constants of the authors' release. docs/measures.md tells each choice.
 *
 * @param rgb  bytes [height, width, 3], read in place: leave them alone until the promise settles.
 * @throws {EngineError} E_OPTION for sides below 96 and bytes that do not fit; E_NO_LIBTORCH; E_UNAVAILABLE; the signal's
 *   reason after an abort.
 */
export async function niqeFeatures(
  rgb: Uint8Array,
  width: number,
  height: number,
  signal?: AbortSignal,
): Promise<NiqeBlocks> {
  checkInteger("width", width, NIQE_BLOCK);
  checkInteger("height", height, NIQE_BLOCK);
  if (!(rgb instanceof Uint8Array) || rgb.length !== width * height * 3)
    throw optionError("rgb", `${width} × ${height} × 3 bytes`, rgb instanceof Uint8Array ? rgb.length : rgb);
  return await nativeJob(signal, (native, job) => native.niqeFeatures(rgb, width, height, job));
}
