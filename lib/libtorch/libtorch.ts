/**
 * Where libtorch is. Looks at the file system only: no process is started, nothing is loaded, so that a
 * broken candidate costs nothing. Opening the one that was chosen is load.ts; fetching one is
 * fetch-libtorch.ts.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import { cachedRoot, cacheFolder, type Environment, recordedLibtorch } from "./cache.js";

export type { Environment };

/** The libtorch that setup fetches and that a build uses when VQAT_LIBTORCH names no other. */
export const LIBTORCH_VERSION = "2.13.0";

export type LibtorchSource = "VQAT_LIBTORCH" | "setup" | "cache" | "python";

/** A folder that holds lib/libtorch_cpu.so. */
export interface Libtorch {
  readonly source: LibtorchSource;
  readonly root: string;
  /** "2.13.0", or null when the folder has no headers to read it from. */
  readonly version: string | null;
  /** True for a CUDA build. */
  readonly cuda: boolean;
}

export interface LibtorchCandidate extends Libtorch {
  readonly taken: boolean;
  /** Why it was taken or rejected, as a phrase. */
  readonly reason: string;
}

export interface LibtorchSearch {
  readonly found: Libtorch | null;
  /** In search order; the search stops at none of them, so that doctor can show all. */
  readonly candidates: readonly LibtorchCandidate[];
}

/** Opens a libtorch where a crash does no harm; throws where it does not open, with `anew`, what to do. */
export type TryOut = (libtorch: Libtorch, anew?: string) => void;

/** "2.13" of "2.13.0+cpu": libtorch keeps its binary interface within a minor version only. */
export function minorVersion(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** What a folder holds, or null when it is no libtorch. */
export function inspectLibtorch(source: LibtorchSource, root: string): Libtorch | null {
  if (!existsSync(join(root, "lib", "libtorch_cpu.so"))) return null;
  const cuda = existsSync(join(root, "lib", "libtorch_cuda.so"));
  return { source, root, version: headerVersion(root), cuda };
}

/**
 * Every candidate in search order and the first that fits: VQAT_LIBTORCH, what setup was told, the cache, a
 * Python torch.
 *
 * @param wanted  version whose major.minor a candidate must have; a VQAT_LIBTORCH of another one is still
 *                found, because load.ts then says which version it is and what to do.
 * @throws {EngineError} E_NO_LIBTORCH if VQAT_LIBTORCH is set, or setup was told a folder, and there is no libtorch:
 *                       what a user asked for by name is never replaced by something else.
 */
export function searchLibtorch(
  wanted: string = LIBTORCH_VERSION,
  env: Environment = process.env,
): LibtorchSearch {
  const candidates: LibtorchCandidate[] = [];
  let found: Libtorch | null = null;
  const consider = (libtorch: Libtorch, why: string): void => {
    const fits = libtorch.source === "VQAT_LIBTORCH" || fitsMinor(libtorch, wanted);
    const taken = fits && found === null;
    if (taken) found = libtorch;
    candidates.push({ ...libtorch, taken, reason: taken ? why : rejection(libtorch, fits, wanted) });
  };

  const named = env["VQAT_LIBTORCH"];
  if (named) consider(namedLibtorch(named), "named by VQAT_LIBTORCH");
  const told = recordedLibtorch(env);
  if (told !== null) consider(toldLibtorch(told), "named to setup");
  for (const root of cachedRoots(wanted, env)) {
    const libtorch = inspectLibtorch("cache", root);
    if (libtorch) consider(libtorch, "fetched by setup");
  }
  for (const root of pythonRoots(env)) {
    const libtorch = inspectLibtorch("python", root);
    if (libtorch) consider(libtorch, `a Python torch of the same minor version as ${wanted}`);
  }
  return { found, candidates };
}

/**
 * The libtorch to use.
 *
 * @param cuda  whether the CUDA build is what is looked for: the remedy then names it.
 * @throws {EngineError} E_NO_LIBTORCH if there is none, naming what was looked at and the remedy.
 */
export function findLibtorch(
  wanted: string = LIBTORCH_VERSION,
  env: Environment = process.env,
  cuda = false,
): Libtorch {
  const { found, candidates } = searchLibtorch(wanted, env);
  if (found) return found;
  const seen = candidates.map((candidate) => `\n  ${candidate.root}: ${candidate.reason}`).join("");
  const message =
    `no libtorch ${minorVersion(wanted)} was found in VQAT_LIBTORCH (not set), ${cacheFolder(env)} or a Python ` +
    `environment; run: npx vqathinker setup${cuda ? " --cuda" : ""}${seen}`;
  throw new EngineError("E_NO_LIBTORCH", message, { details: { wanted, cache: cacheFolder(env) } });
}

function namedLibtorch(named: string): Libtorch {
  const libtorch = inspectLibtorch("VQAT_LIBTORCH", resolve(named));
  if (libtorch) return libtorch;
  const message =
    `VQAT_LIBTORCH='${named}': expected a folder with lib/libtorch_cpu.so, found none; correct it, or unset it to ` +
    "use the libtorch of: npx vqathinker setup";
  throw new EngineError("E_NO_LIBTORCH", message, { details: { VQAT_LIBTORCH: named } });
}

function toldLibtorch(told: string): Libtorch {
  const libtorch = inspectLibtorch("setup", told);
  if (libtorch) return libtorch;
  const message =
    `${told} was named to setup, but holds no lib/libtorch_cpu.so any more; name another folder ` +
    "(npx vqathinker setup --libtorch DIR), or fetch one: npx vqathinker setup";
  throw new EngineError("E_NO_LIBTORCH", message, { details: { root: told } });
}

function fitsMinor(libtorch: Libtorch, wanted: string): boolean {
  return libtorch.version !== null && minorVersion(libtorch.version) === minorVersion(wanted);
}

function rejection(libtorch: Libtorch, fits: boolean, wanted: string): string {
  if (fits) return "fits, but one before it was taken";
  if (libtorch.version === null) return "its version is unknown: it has no include/torch headers";
  return `version ${libtorch.version}, wanted ${minorVersion(wanted)}`;
}

/** A CUDA build is only there because somebody asked for it, so it goes first. */
function cachedRoots(wanted: string, env: Environment): string[] {
  const exact = [cachedRoot(wanted, true, env), cachedRoot(wanted, false, env)];
  const others = namesIn(cacheFolder(env))
    .filter((name) => name.startsWith("libtorch-"))
    .map((name) => join(cacheFolder(env), name))
    .map((folder) => (folder.endsWith("-cuda") ? join(folder, "torch") : folder));
  return [...new Set([...exact, ...others])];
}

function pythonRoots(env: Environment): string[] {
  const home = env["HOME"] || homedir();
  const environments = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"]].filter(
    (folder) => folder !== undefined && folder !== "",
  );
  const prefixes = [
    ...(environments as string[]),
    join(home, ".local"),
    ...namesIn(join(home, ".pyenv", "versions")).map((name) => join(home, ".pyenv", "versions", name)),
    join(home, "miniconda3"),
    join(home, "anaconda3"),
    "/opt/conda",
    "/usr/local",
    "/usr",
  ];
  return [...new Set(prefixes.flatMap(torchFolders))];
}

/** Where a Python environment keeps torch, if it has one. */
export function torchFolders(prefix: string): string[] {
  return ["lib", "lib64"].flatMap((lib) =>
    namesIn(join(prefix, lib))
      .filter((name) => /^python3(\.\d+)?t?$/.test(name))
      .flatMap((name) =>
        ["site-packages", "dist-packages"].map((packages) => join(prefix, lib, name, packages, "torch")),
      ),
  );
}

function headerVersion(root: string): string | null {
  // The header moved between minor versions of libtorch.
  for (const place of ["torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"]) {
    const file = join(root, "include", place);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const part = (name: string): string | undefined =>
      new RegExp(`define TORCH_VERSION_${name} (\\d+)`).exec(text)?.[1];
    const [major, minor, patch] = [part("MAJOR"), part("MINOR"), part("PATCH")];
    if (major && minor && patch) return `${major}.${minor}.${patch}`;
  }
  return null;
}

/** Sorted. A place that is no folder, or that this user may not read, holds nothing for them. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
