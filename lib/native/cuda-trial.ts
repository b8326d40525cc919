/**
 * CUDA is tried in a process of its own first: a driver or a library that crashes would take the user's process along,
 * which could then say nothing. The answer is kept as long as this process lives.
 */

import { EngineError } from "../core/errors.js";
import { searchLibtorch } from "../libtorch/libtorch.js";
import { runApart } from "./apart.js";
import { REINSTALL } from "./load-failure.js";
import { addonPath, openLoader } from "./loader.js";

/** By the libtorch that was tried, "" for none: one that is set up in the meantime is tried anew. */
const answers = new Map<string, string | null>();

/** How the process that tried CUDA ended, as a phrase with what to do; null when it ended well. */
export function cudaCrash(): string | null {
  const libtorch = libtorchHere();
  if (!answers.has(libtorch)) answers.set(libtorch, tried());
  return answers.get(libtorch) ?? null;
}

/** The same of a process that leaves the driver alone and opens what the CPU needs; asked anew each time. */
export function addonCrash(): string | null {
  const how = crashed("addon");
  return how === null
    ? null
    : `a process that opened libtorch and the addon first ${how}; ${REINSTALL}; or put another libtorch in place`;
}

/** A VQAT_LIBTORCH that names none is told by whoever opens it. */
function libtorchHere(): string {
  try {
    return searchLibtorch(openLoader(addonPath()).builtFor).found?.root ?? "";
  } catch {
    return "";
  }
}

/** @throws {EngineError} E_UNAVAILABLE where CUDA would crash this process. */
export function requireNoCrash(device: string): void {
  const crash = cudaCrash();
  if (crash !== null)
    throw new EngineError("E_UNAVAILABLE", `device '${device}': ${crash}`, { details: { device } });
}

function tried(): string | null {
  const how = crashed("cuda");
  return how === null
    ? null
    : `a process that tried CUDA first ${how}; update or reinstall the NVIDIA driver, ` +
        "fetch libtorch anew (npx vqathinker setup --cuda), or use device 'cpu'";
}

/** How it ended before it had done what it was to do; null where it came so far. */
function crashed(what: "cuda" | "addon"): string | null {
  const { stdout, whole, how } = runApart("./try-cuda.js", what);
  // After the word only the libraries' own end can crash, which the user's process would also meet.
  return whole && stdout.includes("tried") ? null : how;
}
