/** A model of pristine pictures for NIQE, fitted on pictures and videos of a user's own. */
import { checkFunction, checkNumber, checkPath, optionError } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { packageVersion } from "../core/package-root.js";
import { openFrames } from "../video/frames.js";
import { isStill } from "../video/still.js";
import { gaussianOf } from "./gaussian.js";
import { blocksOf } from "./niqe.js";
import { NIQE_FEATURES, type NiqeBlocks } from "./niqe-features.js";
import type { NiqeModel } from "./niqe-model.js";

/** Which blocks of which frames a fit takes, and who is told. */
export interface FitNiqeOptions {
  /** Frames of each video, the middle ones of so many equal parts; default 8. A picture is one. */
  readonly frames?: number | undefined;
  /** Blocks count that are sharper than this share of their picture's sharpest, in [0, 1); default 0.75, the paper's. */
  readonly sharpness?: number | undefined;
  /** Is told after each file. */
  readonly onFile?: ((path: string, done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const FIT_OPTIONS: Names<FitNiqeOptions> = { frames: true, sharpness: true, onFile: true, signal: true };

/**
 * Mean and covariance of the features of sharp blocks: equation 9 of NIQE's paper, over pictures that are clean. What the
 * pictures are is what the score calls natural.
 *
 * @param paths  pictures (PNG, JPEG, WebP) and videos.
 * @throws {EngineError} E_OPTION, also where there are not more whole blocks than features; E_MEDIA for a file that cannot be read
 *   or is below 96 × 96; the signal's reason after an abort.
 */
export async function fitNiqe(paths: readonly string[], options: FitNiqeOptions = {}): Promise<NiqeModel> {
  if (!Array.isArray(paths)) throw optionError("paths", "a list of paths", paths);
  checkOptions(options, FIT_OPTIONS);
  const { frames = 8, sharpness = 0.75, onFile, signal } = options;
  checkNumber("sharpness", sharpness, 0, 1 - Number.EPSILON);
  if (onFile !== undefined) checkFunction("onFile", onFile);
  for (const [i, path] of paths.entries()) checkPath(`paths[${i}]`, path);
  const rows: Float64Array[] = [];
  let pictures = 0;
  const take = (blocks: NiqeBlocks) => {
    pictures++;
    rows.push(...sharpRows(blocks, sharpness));
  };
  for (const [i, path] of paths.entries()) {
    const plan = isStill(path) ? { signal } : { frames, sampling: "uniform" as const, signal };
    const { read } = await openFrames(path, plan);
    await read(blocksOf(path, signal, take));
    onFile?.(path, i + 1);
  }
  const whole = rows.filter((row) => !row.some(Number.isNaN));
  const gaussian = gaussianOf(Float64Array.from(whole.flatMap((row) => [...row])), NIQE_FEATURES);
  if (gaussian === null || whole.length <= NIQE_FEATURES)
    throw optionError(
      "paths",
      `pictures with more than ${NIQE_FEATURES} sharp blocks`,
      whole.length,
      "a model wants thousands: give more pictures, or larger ones",
    );
  return { ...gaussian, fitted: { pictures, blocks: whole.length, sharpness, version: packageVersion() } };
}

/** The features of the blocks that are sharper than a share of the sharpest. */
function sharpRows({ features, sharpness }: NiqeBlocks, share: number): Float64Array[] {
  const least = share * sharpness.reduce((most, value) => Math.max(most, value), 0);
  return [...sharpness.keys()]
    .filter((i) => (sharpness[i] as number) > least)
    .map((i) => features.slice(i * NIQE_FEATURES, (i + 1) * NIQE_FEATURES));
}
