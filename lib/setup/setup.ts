/** Makes native calls possible on this machine: libtorch found, named or fetched, and the addon built when asked. */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { packagesHere, writeArchive } from "../libtorch/archive.js";
import { type Environment, recordedLibtorch, recordFile } from "../libtorch/cache.js";
import { type FetchOptions, fetchLibtorch } from "../libtorch/fetch-libtorch.js";
import {
  findLibtorch,
  inspectLibtorch,
  LIBTORCH_VERSION,
  searchLibtorch,
  type TryOut,
} from "../libtorch/libtorch.js";
import { withWheel } from "../libtorch/wheel.js";
import { isCuda } from "../libtorch/wheel-kind.js";
import { kernelsBeside } from "../native/cuda.js";
import { tryLibtorch } from "../native/libtorch-trial.js";
import { REINSTALL } from "../native/load-failure.js";
import { addonPath, openLoader } from "../native/loader.js";
import { checkWhole } from "../native/whole.js";
import { chosenBuild, cost } from "./choice.js";
import { cardHere, loaderHere } from "./machine.js";
import { nameEnvironment, nameFolder } from "./named.js";

export interface SetupOptions {
  /** Fetch the CUDA build of libtorch. */
  readonly cuda?: boolean | undefined;
  /** Take libtorch from this wheel. */
  readonly wheel?: string | undefined;
  /** Fetch it from this index of wheels instead of asking pip. */
  readonly index?: string | undefined;
  /** Take it from this archive. */
  readonly offline?: string | undefined;
  /** Use this unpacked libtorch from now on. */
  readonly libtorch?: string | undefined;
  /** Use the torch of this Python environment from now on. */
  readonly venv?: string | undefined;
  /** Write what is set up into this file, for `offline`. */
  readonly archive?: string | undefined;
  /** Build the addon from source. */
  readonly build?: boolean | undefined;
}

export interface SetupTold {
  readonly log: (line: string) => void;
  readonly onBytes?: FetchOptions["onBytes"];
  readonly env?: Environment | undefined;
}

/**
 * Fetches and changes nothing where everything is there. What is there, was named or is fetched is opened once, in a process
 * of its own.
 *
 * @throws {EngineError} as fetchLibtorch, nameFolder, nameEnvironment and tryLibtorch; E_UNAVAILABLE if there is no addon,
 *   it is cut short or cannot be built; E_OPTION if VQAT_SETUP says neither cpu nor cuda.
 */
export async function setup(options: SetupOptions, told: SetupTold): Promise<void> {
  const { log, env = process.env, onBytes } = told;
  // Where there is no addon, or none that this machine can load, nothing is fetched in vain.
  const loader = options.build ? loaderHere() : openLoader(addonPath());
  const wanted = loader?.builtFor ?? LIBTORCH_VERSION;
  // An addon that is yet to be built may be for another libtorch than the one that is here: it is tried then.
  const tryOut = options.build ? () => {} : eachOnce();
  const fetched = await provide(options, wanted, tryOut, { ...told, env });
  const libtorch = findLibtorch(wanted, env);
  // Another one may go first: VQAT_LIBTORCH, or a fetched CUDA build.
  if (fetched !== libtorch.root)
    log(`libtorch ${libtorch.version ?? ""} is in ${libtorch.root} (${libtorch.source})`);
  if (fetched !== libtorch.root) tryOut(libtorch);
  const card = libtorch.cuda ? null : cardHere(loader);
  if (card !== null) log(`${card} is here; for it: npx vqathinker setup --cuda (${cost("cuda")})`);
  if (options.archive !== undefined) {
    const file = resolve(options.archive);
    log(`writing ${file}`);
    await writeArchive(libtorch, file, onBytes && ((done, total) => onBytes("packing", done, total)));
    log(`it goes with ${packagesHere()} in the project's node_modules; there:`);
    log(`npx vqathinker setup --offline ${options.archive}${libtorch.cuda ? " --cuda" : ""}`);
  }
  if (options.build) {
    await buildAddon(log);
    tryLibtorch(libtorch);
  }
  const addon = addonPath();
  checkWhole([addon, kernelsBeside(addon)], REINSTALL);
  log(`the addon is ${addon}`);
}

/** A folder that has passed is not tried again. */
function eachOnce(): TryOut {
  const passed = new Set<string>();
  return (libtorch, anew) => {
    if (!passed.has(libtorch.root)) tryLibtorch(libtorch, anew);
    passed.add(libtorch.root);
  };
}

/** Gives the folder that was fetched; null where none had to be. */
async function provide(
  options: SetupOptions,
  wanted: string,
  tryOut: TryOut,
  { log, onBytes, env }: SetupTold & { readonly env: Environment },
): Promise<string | null> {
  const { wheel, offline: archive, index } = options;
  const asked = { version: wanted, cuda: options.cuda ?? false, tryOut };
  if (options.libtorch !== undefined) await nameFolder(options.libtorch, asked, env);
  else if (options.venv !== undefined) await nameEnvironment(options.venv, asked, env);
  else {
    const given = wheel !== undefined || archive !== undefined || index !== undefined;
    const cuda = options.cuda ?? (await saidCuda(wheel ?? archive, index, env));
    await forgetLost(env, log);
    const { found } = searchLibtorch(wanted, env);
    if (found !== null && !given && (found.cuda || !cuda)) return null;
    const root = await fetchLibtorch({
      version: wanted,
      cuda,
      wheel,
      archive,
      index,
      env,
      log,
      onBytes,
      tryOut,
    });
    // The newest wish counts: what was named before would be found first.
    await rm(recordFile(env), { force: true });
    return root;
  }
  return null;
}

/**
 * Which build it is where no flag says so. The variable stands for who says nothing: an index has CPU wheels alone, and a
 * file says itself what it is; the variable agrees with a CUDA build.
 */
async function saidCuda(
  file: string | undefined,
  index: string | undefined,
  env: Environment,
): Promise<boolean> {
  if (index !== undefined || chosenBuild(env) !== "cuda") return false;
  return file === undefined || (await withWheel(resolve(file), (wheel) => Promise.resolve(isCuda(wheel))));
}

/** A folder that was named and is gone stands in nobody's way who sets up anew. */
async function forgetLost(env: Environment, log: (line: string) => void): Promise<void> {
  const root = recordedLibtorch(env);
  if (root === null || inspectLibtorch("setup", root) !== null) return;
  log(`${root}, which was named before, holds no libtorch any more and is forgotten`);
  await rm(recordFile(env), { force: true });
}

function buildAddon(log: (line: string) => void): Promise<void> {
  const script = join(packageRoot(), "scripts", "build.mjs");
  log(`building the addon: node ${script}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      const message = `${script} exited with ${code}; its own lines above say why`;
      if (code === 0) resolve();
      else reject(new EngineError("E_UNAVAILABLE", message));
    });
  });
}
