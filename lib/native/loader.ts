/**
 * The loader addon: the small native library that needs no libtorch. Finds it beside the main addon and gives its
 * calls their types. What to open and what to make of a version is load.ts.
 */

import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { EngineError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { findAddon } from "./find-addon.js";
import { loadFailure, REINSTALL } from "./load-failure.js";
import { checkWhole } from "./whole.js";

/** A card as its driver describes it: memory in bytes, compute capability in two parts; "" or 0 when not told. */
export interface CudaCard {
  readonly name: string;
  readonly bytes: number;
  readonly major: number;
  readonly minor: number;
}

/** What the CUDA driver said; `library` false means that there is none. */
export interface CudaDriver {
  readonly library: boolean;
  /** Result of cuInit: 0 is success, 100 no device; −1 when it was not called. */
  readonly init: number;
  /** 13000 is CUDA 13.0; 0 when not known. */
  readonly version: number;
  /** The visible ones, the first being the one that is used. */
  readonly cards: readonly CudaCard[];
}

export interface Loader {
  /** Opens libraries by absolute path, in order, for the life of the process. */
  open(paths: readonly string[]): void;
  /** 0xMMmmpp00… of the libtorch in this process, null when there is none. */
  torchAbiVersion(): bigint | null;
  cudaDriver(): CudaDriver;
  /** Version of the libtorch that the main addon was compiled with, like "2.13.0". */
  readonly builtFor: string;
}

/**
 * Path of the main addon: the one built here, else that of the platform's package. Loads nothing.
 *
 * @throws {EngineError} E_UNAVAILABLE if there is none for this machine, as findAddon.
 */
export function addonPath(root: string = packageRoot()): string {
  return findAddon(root).path;
}

/**
 * The loader that lies beside a main addon.
 *
 * @throws {EngineError} E_UNAVAILABLE if it is missing, cut short or cannot be loaded on this machine.
 */
export function openLoader(addon: string): Loader {
  const file = join(dirname(addon), "vqathinker_loader.so");
  if (!existsSync(file)) {
    const message = `${file} is missing beside ${addon}; install vqathinker anew, or build: npx vqathinker setup --build`;
    throw new EngineError("E_UNAVAILABLE", message, { details: { file } });
  }
  checkWhole([file], REINSTALL);
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, file, constants.dlopen.RTLD_NOW);
  } catch (cause) {
    throw loadFailure(file, cause);
  }
  return module.exports as Loader;
}
