/**
 * One way to make a long native call: job id, abort signal, errors with code and the caller's stack. Every job
 * of the engine passes here; frames, which are no jobs, are written by lib/model/clip.ts.
 */
import { EngineError, ERROR_CODES, type ErrorCode } from "../core/errors.js";
import type { Job, NativeBinding } from "./binding.js";
import { nativeBinding } from "./load.js";

/** Often enough for a line that a person watches. */
const PROGRESS_MILLISECONDS = 100;

let lastJob = 0;

function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && code in ERROR_CODES;
}

/** A native failure as the package's own error, with `stack` of the caller instead of the job's. */
export function engineError(failure: unknown, stack: string | undefined): unknown {
  if (!(failure instanceof Error) || failure instanceof EngineError) return failure;
  const { code } = failure as { code?: unknown };
  const error = new EngineError(isCode(code) ? code : "E_INTERNAL", failure.message, { cause: failure });
  if (stack !== undefined) error.stack = stack.replace(/^.*$/m, `EngineError: ${failure.message}`);
  return error;
}

/**
 * Runs a job. An abort stops it at its next safe point, then rejects with the signal's own reason.
 *
 * @param onProgress  Is told now and then how much is done, in the unit of the call.
 *
 * @throws {EngineError} with the native code; the signal's reason after an abort.
 */
export async function nativeJob<T>(
  signal: AbortSignal | undefined,
  start: (binding: NativeBinding, job: Job) => Promise<T>,
  onProgress?: (done: number) => void,
): Promise<T> {
  signal?.throwIfAborted();
  const { stack } = new Error();
  const binding = nativeBinding();
  const id = ++lastJob;
  const abort = () => binding.cancel(id);
  signal?.addEventListener("abort", abort, { once: true });
  const watch =
    onProgress === undefined
      ? undefined
      : setInterval(() => onProgress(binding.progress(id)), PROGRESS_MILLISECONDS);
  try {
    return await start(binding, { id });
  } catch (failure) {
    if (signal?.aborted && (failure as { code?: unknown }).code === "cancelled") throw signal.reason;
    throw engineError(failure, stack);
  } finally {
    clearInterval(watch);
    signal?.removeEventListener("abort", abort);
  }
}

/** A native call that answers at once. */
export function nativeNow<T>(call: (binding: NativeBinding) => T): T {
  try {
    return call(nativeBinding());
  } catch (failure) {
    throw engineError(failure, new Error().stack);
  }
}
