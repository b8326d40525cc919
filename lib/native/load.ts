/**
 * Opens the addon, once, on first use: libtorch by absolute path through the loader, its version checked, then the
 * addon itself, its calls checked against binding.ts. Nothing here runs at import, so that the package, --help and
 * metrics work with no libtorch at all.
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { EngineError } from "../core/errors.js";
import { type Environment, findLibtorch, type Libtorch, minorVersion } from "../libtorch/libtorch.js";
import { ABI_VERSION, CALLS, type EngineInfo, type NativeBinding } from "./binding.js";
import { librariesMapped, librariesToOpen } from "./libraries.js";
import { ANOTHER_LIBTORCH, loadFailure, REINSTALL } from "./load-failure.js";
import { addonPath, type Loader, openLoader } from "./loader.js";
import { checkWhole } from "./whole.js";

let binding: NativeBinding | undefined;
let restsAtExit = false;

/**
 * The native calls. Finds and opens libtorch the first time.
 *
 * @throws {EngineError} E_UNAVAILABLE if the addon is not built or is of another source than this package, and for a
 *                       library that is cut short or cannot be loaded; E_NO_LIBTORCH if there is no libtorch;
 *                       E_TORCH_VERSION if it is of another minor version than the addon was built for.
 */
export function nativeBinding(): NativeBinding {
  binding ??= load(addonPath(), process.env);
  return binding;
}

/** As nativeBinding, of a chosen addon file and not remembered: for tests and doctor. */
export function load(addon: string, env: Environment): NativeBinding {
  const loader = openLoader(addon);
  const libtorch = findLibtorch(loader.builtFor, env);
  openLibtorch(loader, libtorch);
  checkWhole([addon], REINSTALL);
  let loaded: NativeBinding;
  try {
    loaded = createRequire(import.meta.url)(addon) as NativeBinding;
  } catch (cause) {
    throw loadFailure(addon, cause);
  }
  checkCalls(loaded.info(), addon);
  restAtExit(loaded);
  return loaded;
}

/**
 * Before the process goes, whatever ends it, what is being computed comes to rest: the libraries below must not be
 * taken down under it. A thread that ends is the addon's own affair.
 */
function restAtExit(native: NativeBinding): void {
  if (restsAtExit || !isMainThread) return;
  restsAtExit = true;
  process.once("exit", () => native.rest());
}

/** "2.13.0" of aoti_torch_abi_version's 0x020D0000…: one byte each, from the top. */
export function decodeAbiVersion(abi: bigint): string {
  return [56n, 48n, 40n].map((shift) => Number((abi >> shift) & 0xffn)).join(".");
}

/** @throws {EngineError} E_TORCH_VERSION if the minor versions differ. */
export function checkTorchVersion(libtorch: Libtorch, version: string, builtFor: string): void {
  if (minorVersion(version) === minorVersion(builtFor)) return;
  const message =
    `${libtorch.root} is libtorch ${version}, but the addon was built for ${builtFor} and serves ${minorVersion(builtFor)} ` +
    `alone; either build the addon for it (VQAT_LIBTORCH='${libtorch.root}' npx vqathinker setup --build), or unset ` +
    "VQAT_LIBTORCH and run: npx vqathinker setup";
  throw new EngineError("E_TORCH_VERSION", message, {
    details: { root: libtorch.root, found: version, expected: builtFor },
  });
}

/** @throws {EngineError} E_UNAVAILABLE if the addon was built from other sources than this package's. */
export function checkCalls(info: EngineInfo, addon: string): void {
  const missing = CALLS.filter((name) => !info.calls.includes(name));
  const unknown = info.calls.filter((name) => !(CALLS as readonly string[]).includes(name));
  const sameOrder = CALLS.every((name, place) => info.calls[place] === name);
  if (info.abiVersion === ABI_VERSION && sameOrder && unknown.length === 0) return;
  const list = (names: readonly string[]): string => (names.length > 0 ? names.join(", ") : "none");
  const message =
    `${addon} was built from other sources: expected interface ${ABI_VERSION}, found ${info.abiVersion}; ` +
    `calls missing: ${list(missing)}; unknown: ${list(unknown)}; install vqathinker anew, or build: npx vqathinker setup --build`;
  throw new EngineError("E_UNAVAILABLE", message, {
    details: { addon, expected: ABI_VERSION, found: info.abiVersion },
  });
}

/**
 * How often a waiting OpenMP thread looks before it sleeps. libgomp reads it when it is loaded; its own default spins
 * so long that on a busy machine one thread waits out another's whole time slice.
 */
const SPIN_COUNT = "10000";

/**
 * Opens it for the life of the process, when it is of the right version by its headers, and asks it for its own.
 *
 * @param anew  what to do where it does not open.
 * @throws {EngineError} E_UNAVAILABLE, E_TORCH_VERSION.
 */
export function openLibtorch(
  loader: Loader,
  libtorch: Libtorch,
  anew: string = ANOTHER_LIBTORCH[libtorch.source],
): void {
  if (libtorch.version !== null) checkTorchVersion(libtorch, libtorch.version, loader.builtFor);
  checkWhole(librariesMapped(libtorch), anew);
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= SPIN_COUNT;
  try {
    loader.open(librariesToOpen(libtorch));
  } catch (cause) {
    throw loadFailure(join(libtorch.root, "lib"), cause, { anew });
  }
  const abi = loader.torchAbiVersion();
  if (abi === null) {
    const message =
      `${libtorch.root}: this libtorch does not tell its version (aoti_torch_abi_version), expected ${loader.builtFor}; ` +
      anew;
    throw new EngineError("E_TORCH_VERSION", message, {
      details: { root: libtorch.root, expected: loader.builtFor },
    });
  }
  // The headers may lie about the library beside them: what is in the process decides.
  checkTorchVersion(libtorch, decodeAbiVersion(abi), loader.builtFor);
}
