/** What a platform's package must hold. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StepError } from "./shell.mjs";

/**
 * A package that lacks a library would only be noticed by whoever has a card.
 *
 * @param folder       prebuilds/<platform>-<cpu>.
 * @param withoutCuda  the CUDA kernels are not to be there.
 * @throws {StepError} naming what is missing.
 */
export function expectWhole(folder, withoutCuda) {
  const kernels = "vqathinker_cuda.so";
  if (withoutCuda) rmSync(join(folder, kernels), { force: true });
  const wanted = ["vqathinker.glibc.node", "vqathinker_loader.so", ...(withoutCuda ? [] : [kernels])];
  const missing = wanted.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return;
  const why = missing.includes(kernels)
    ? "; the CUDA kernels need nvcc, or leave them out with --without-cuda"
    : "";
  throw new StepError(`${folder} lacks ${missing.join(", ")}${why}`);
}
