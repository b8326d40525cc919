/**
 * A libtorch that was only just named, found or unpacked is opened in a process of its own first, so that one that
 * crashes becomes a message too.
 */
import { EngineError, type ErrorCode, type ErrorDetails } from "../core/errors.js";
import type { Libtorch } from "../libtorch/libtorch.js";
import { runApart } from "./apart.js";
import { ANOTHER_LIBTORCH } from "./load-failure.js";

/** What the process says: nothing but how opening it failed, where it did. */
export interface TrialAnswer {
  readonly failed: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details: ErrorDetails;
  } | null;
}

/**
 * Needs a loader that opens.
 *
 * @param anew  what to do where it does not open.
 * @throws {EngineError} E_UNAVAILABLE or E_TORCH_VERSION as opening it here would, and E_UNAVAILABLE where that crashes.
 */
export function tryLibtorch(libtorch: Libtorch, anew: string = ANOTHER_LIBTORCH[libtorch.source]): void {
  const { root, source } = libtorch;
  const { stdout, whole, how } = runApart("./try-libtorch.js", source, root, anew);
  // A library may say something of its own before.
  const line = stdout.split("\n").find((one) => one.startsWith('{"failed":'));
  const answer = line === undefined ? null : (JSON.parse(line) as TrialAnswer);
  if (answer?.failed) {
    const { code, message, details } = answer.failed;
    throw new EngineError(code, message, { details });
  }
  if (answer !== null && whole) return;
  const message = `${root}: a process that opened this libtorch ${how}; ${anew}`;
  throw new EngineError("E_UNAVAILABLE", message, { details: { root } });
}
