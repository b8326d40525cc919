/**
 * Fetches libtorch into the cache: the PyTorch wheel by the user's own pip, of which lib/, include/ and share/ are
 * kept. Python is used here to fetch and unpack, never to run. Knows no package index: pip's configuration decides
 * where wheels come from, and what came is checked.
 */

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import {
  cachedRoot,
  cacheFolder,
  type Environment,
  inspectLibtorch,
  LIBTORCH_VERSION,
  minorVersion,
} from "./libtorch.js";
import { runPython } from "./python.js";

export interface FetchOptions {
  readonly version?: string | undefined;
  /** The CUDA build with its NVIDIA libraries, several GB, instead of the CPU build. */
  readonly cuda?: boolean | undefined;
  /** A torch wheel that is already here; pip is not asked. */
  readonly wheel?: string | undefined;
  readonly env?: Environment | undefined;
  /** Gets one line for each thing that is done. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface Wheel {
  readonly version: string;
  /** Requirements without their markers, like "nvidia-cublas==13.0". */
  readonly requires: readonly string[];
}

const HOW_TO_POINT =
  "point setup at a CPU wheel (npx vqathinker setup --wheel FILE), at an unpacked one (VQAT_LIBTORCH=FOLDER), or point " +
  "pip at PyTorch's CPU wheel index, which the PyTorch installation page names (PIP_EXTRA_INDEX_URL=…); " +
  "for the CUDA build: npx vqathinker setup --cuda";

/**
 * Fetches libtorch unless it is already in the cache.
 *
 * @returns its folder.
 * @throws {EngineError} E_NO_LIBTORCH if pip or the wheel cannot provide it, with pip's last words;
 *                       E_TORCH_VERSION if the wheel given is of another minor version.
 */
export async function fetchLibtorch(options: FetchOptions = {}): Promise<string> {
  const { version = LIBTORCH_VERSION, cuda = false, env = process.env, log = () => {} } = options;
  const root = cachedRoot(version, cuda, env);
  const present = inspectLibtorch("cache", root);
  if (present && options.wheel === undefined) {
    log(`libtorch ${present.version} is already in ${root}`);
    return root;
  }
  const cache = cacheFolder(env);
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, ".fetch-"));
  try {
    const wheels =
      options.wheel === undefined
        ? await download(staging, version, cuda, env, log)
        : [resolve(options.wheel)];
    const unpacked = await unpack(wheels, staging, version, cuda, env, log);
    const whole = cuda ? dirname(root) : root;
    rmSync(whole, { recursive: true, force: true });
    renameSync(cuda ? unpacked : join(unpacked, "torch"), whole);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  const fetched = inspectLibtorch("cache", root);
  if (!fetched)
    throw new EngineError("E_NO_LIBTORCH", `the wheel held no lib/libtorch_cpu.so; ${HOW_TO_POINT}`);
  log(`libtorch ${fetched.version} is in ${root} (${megabytes(folderBytes(root))})`);
  return root;
}

/**
 * The CPU wheel is asked for by its local label: the plain version is the CUDA build on the default index, and pip
 * would only tell so after the download.
 */
async function download(
  staging: string,
  version: string,
  cuda: boolean,
  env: Environment,
  log: (line: string) => void,
): Promise<string[]> {
  const folder = join(staging, "wheels");
  const requirement = cuda ? `torch==${version}` : `torch==${version}+cpu`;
  log(`fetching ${requirement} with pip into ${folder} (about ${cuda ? "2.7 GB" : "190 MB"})`);
  const args = ["-m", "pip", "download", "--dest", folder, ...(cuda ? [] : ["--no-deps"]), requirement];
  try {
    await runPython(args, env);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `pip found no ${requirement}: ${why}\n${HOW_TO_POINT}`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { requirement }, cause });
  }
  return readdirSync(folder)
    .filter((name) => /^(torch-|nvidia_)/.test(name))
    .sort((a, b) => Number(b.startsWith("torch-")) - Number(a.startsWith("torch-")))
    .map((name) => join(folder, name));
}

/** The first wheel is torch itself. */
async function unpack(
  wheels: readonly string[],
  staging: string,
  version: string,
  cuda: boolean,
  env: Environment,
  log: (line: string) => void,
): Promise<string> {
  const target = join(staging, "unpacked");
  for (const [place, file] of wheels.entries()) {
    if (place === 0) checkWheel(await readWheel(file, env), file, version, cuda);
    log(`unpacking ${basename(file)} (${megabytes(statSync(file).size)})`);
    await runPython(["-c", UNPACK, file, target], env);
  }
  return target;
}

/** @throws {EngineError} if the wheel is not the build that was asked for. */
export function checkWheel(wheel: Wheel, file: string, version: string, cuda: boolean): void {
  if (minorVersion(wheel.version) !== minorVersion(version)) {
    const message = `${file} is torch ${wheel.version}, expected ${minorVersion(version)}; give another wheel`;
    throw new EngineError("E_TORCH_VERSION", message, {
      details: { file, found: wheel.version, expected: version },
    });
  }
  const nvidia = wheel.requires.find((name) => /^(nvidia|cuda)[-_]/.test(name));
  if (nvidia !== undefined && !cuda) {
    const message = `${file} is a CUDA build: it requires ${nvidia}; ${HOW_TO_POINT}`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { file, requires: nvidia } });
  }
}

/** Version and requirements from a wheel's METADATA. */
export async function readWheel(file: string, env: Environment = process.env): Promise<Wheel> {
  try {
    return JSON.parse(await runPython(["-c", READ_METADATA, file], env)) as Wheel;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `${file}: expected a torch wheel; ${why}`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { file }, cause });
  }
}

const READ_METADATA = `
import email, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    text = email.message_from_string(wheel.read(name).decode())
requires = [r.split(";")[0].strip() for r in text.get_all("Requires-Dist", []) if "extra ==" not in r]
print(json.dumps({"version": text["Version"], "requires": requires}))
`;

const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    keep = ("torch/lib/", "torch/include/", "torch/share/", "nvidia/")
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith(keep)])
`;

function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
