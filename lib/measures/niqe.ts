/** NIQE as a scorer of videos and pictures: how far a frame's statistics are from a model of pristine ones. */
import { EngineError } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { mean } from "../core/stats.js";
import { frameScorer, type MeasuredVideo } from "../infer/frame-scorer.js";
import type { Scorer } from "../infer/scorer.js";
import type { OnFrame } from "../video/frame-sink.js";
import { mediaError } from "../video/media-file.js";
import { gaussianDistance, gaussianOf } from "./gaussian.js";
import { NIQE_BLOCK, NIQE_FEATURES, type NiqeBlocks, niqeFeatures } from "./niqe-features.js";
import { checkNiqeModel, type NiqeModel } from "./niqe-model.js";

/** Which frames of a video are measured. */
export interface NiqeOptions {
  /** Frames of a video that are measured, the middle ones of so many equal parts; default: every one. */
  readonly frames?: number | undefined;
}

const NIQE_OPTIONS: Names<NiqeOptions> = { frames: true };

/**
 * The distance of a picture's blocks from a model: 0 for the same statistics, without an upper end; lower is better.
 * All blocks count, sharp or not. With one whole block their covariance is 0.
 *
 * @param blocks  what niqeFeatures gave of the picture.
 * @returns       null for a picture that is too flat to have one: no block has lighter and darker detail everywhere.
 * @throws {EngineError} E_OPTION for what is no model.
 */
export function niqe(model: NiqeModel, { features }: Pick<NiqeBlocks, "features">): number | null {
  checkNiqeModel(model);
  return distanceFrom(model, features);
}

function distanceFrom(model: NiqeModel, features: Float64Array): number | null {
  const own = gaussianOf(features, NIQE_FEATURES);
  return own === null ? null : gaussianDistance(model, own);
}

/**
 * Scores a video by the mean over its frames; frames that are too flat to have a value are left out, and counted in the
 * video's notice. A video of frames below 96 × 96 is E_MEDIA, one without any value E_NUMERIC: each is that video's failure.
 *
 * @throws {EngineError} E_OPTION for what is no model, and for unknown options.
 */
export function niqeScorer(model: NiqeModel, options: NiqeOptions = {}): Scorer<MeasuredVideo> {
  checkNiqeModel(model);
  checkOptions(options, NIQE_OPTIONS);
  const { frames } = options;
  return frameScorer({
    scale: { min: 0, max: Infinity },
    notice: noticeOf(model),
    plan: { frames, sampling: "uniform" },
    async score({ read, signal }, path) {
      const values: (number | null)[] = [];
      await read(
        blocksOf(path, signal, ({ features }) => {
          values.push(distanceFrom(model, features));
        }),
      );
      const found = values.filter((value) => value !== null);
      if (found.length === 0) throw flat(path, values.length);
      const left = values.length - found.length;
      return {
        number: mean(found),
        text: null,
        choice: null,
        notice: left === 0 ? undefined : `${left} of ${values.length} frames are too flat to be measured.`,
      };
    },
  });
}

/** Hands on the blocks of each frame; of a frame that has none, the refusal names the file. */
export function blocksOf(
  path: string,
  signal: AbortSignal | undefined,
  take: (blocks: NiqeBlocks) => void,
): OnFrame {
  return async (_position, rgb, width, height) => {
    if (width < NIQE_BLOCK || height < NIQE_BLOCK)
      throw mediaError(
        path,
        `expected frames of at least ${NIQE_BLOCK} × ${NIQE_BLOCK} pixels for NIQE, found ${width} × ${height}`,
      );
    take(await niqeFeatures(rgb, width, height, signal));
  };
}

function flat(path: string, count: number): EngineError {
  const what = count === 1 ? "its only frame is" : `all of its ${count} frames are`;
  const message = `${path}: ${what} too flat for NIQE: no block of ${NIQE_BLOCK} × ${NIQE_BLOCK} has lighter and darker detail`;
  return new EngineError("E_NUMERIC", message, { details: { file: path } });
}

function noticeOf({ fitted }: NiqeModel): string {
  const lower = "NIQE is a distance: lower is better, so that its correlation with opinions is negative.";
  if (fitted === undefined) return lower;
  const { blocks, pictures } = fitted;
  return `${lower} The model of ${blocks} blocks of ${pictures} pictures is fitted here: no published number compares with it.`;
}
