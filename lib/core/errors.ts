/** The one error class of the package, and the table of its codes. Pure; imports nothing of ours. */

/** Code → what it means. docs/errors.md explains each one with its remedy. */
export const ERROR_CODES = {
  E_OPTION: "an option is missing, unknown, mistyped or out of range",
  E_ARGUMENT: "a native call was given an impossible argument",
  E_DISPOSED: "a model, clip or trainer was used after dispose()",
  E_UNAVAILABLE: "this build or machine lacks what was asked for",
  E_FORMAT:
    "a checkpoint, manifest or state file does not parse or does not fit, or a file cannot be written",
  E_MEDIA: "a video or image cannot be opened or decoded",
  E_MEMORY: "memory ran out",
  E_OUT_OF_MEMORY: "device memory ran out",
  E_DEVICE: "the device failed",
  E_NUMERIC: "a loss, gradient, reward or score is not finite",
  E_REWARD: "a reward of your own threw, or did not answer in time",
  E_COLLAPSE: "a run has collapsed, and was told to stop then",
  E_BUSY: "something else still uses it",
  E_INTERNAL: "a bug in vqathinker",
  E_NO_LIBTORCH: "libtorch was not found",
  E_TORCH_VERSION: "libtorch has the wrong version",
  E_NO_FFMPEG: "ffmpeg or ffprobe was not found",
} as const;

/** A key of ERROR_CODES. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Plain facts about an error: file, option, expected, found … */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What every failure of this package throws; an abort rejects with the signal's own reason instead. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineError";
    this.code = code;
    this.details = options.details ?? {};
  }
}
