/** The child of libtorch-trial.ts: opens the libtorch in a folder, asks it for its version and says how that went. */

import { EngineError } from "../core/errors.js";
import { inspectLibtorch, type LibtorchSource } from "../libtorch/libtorch.js";
import type { TrialAnswer } from "./libtorch-trial.js";
import { openLibtorch } from "./load.js";
import { addonPath, openLoader } from "./loader.js";

const [source = "cache", root = "", anew = ""] = process.argv.slice(2);

function failure(): TrialAnswer["failed"] {
  const libtorch = inspectLibtorch(source as LibtorchSource, root);
  try {
    const loader = openLoader(addonPath());
    if (libtorch !== null) openLibtorch(loader, libtorch, anew);
    return null;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, message, details } = error;
    return { code, message, details };
  }
}

process.stdout.write(`${JSON.stringify({ failed: failure() } satisfies TrialAnswer)}\n`);
