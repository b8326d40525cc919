/** What a platform's package must hold. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StepError } from "./shell.mjs";

const KERNELS = "vqathinker_cuda.so";
const BINARIES = ["vqathinker.glibc.node", "vqathinker_loader.so", KERNELS];

/** The names of those that are not in a folder prebuilds/<platform>-<cpu>. */
export function missingBinaries(folder) {
  return BINARIES.filter((name) => !existsSync(join(folder, name)));
}

/**
 * A package that lacks a library would only be noticed by whoever has a card.
 *
 * @param folder       prebuilds/<platform>-<cpu>.
 * @param withoutCuda  the CUDA kernels are not to be there.
 * @throws {StepError} naming what is missing.
 */
export function expectWhole(folder, withoutCuda) {
  if (withoutCuda) rmSync(join(folder, KERNELS), { force: true });
  const missing = missingBinaries(folder).filter((name) => !(withoutCuda && name === KERNELS));
  if (missing.length === 0) return;
  const why = missing.includes(KERNELS)
    ? "; the CUDA kernels need nvcc, or leave them out with --without-cuda"
    : "";
  throw new StepError(`${folder} lacks ${missing.join(", ")}${why}`);
}
