/**
 * Which addon is used, and the one place that chooses: the one built here, else the one of the platform's package.
 * Looks at files alone; opening what was chosen is loader.ts and load.ts.
 */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { EngineError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { REINSTALL } from "./load-failure.js";
import {
  describePlatform,
  type Platform,
  platformPackage,
  thisPlatform,
  withoutPackage,
} from "./platform.js";

export interface Addon {
  /** The file; vqathinker_loader.so and vqathinker_cuda.so lie beside it. */
  readonly path: string;
  /** Built from source here, from the platform's package, or named by VQATHINKER_PREBUILD. */
  readonly origin: "source build" | "package" | "VQATHINKER_PREBUILD";
  /** "@vqathinker/linux-x64 0.1.0" of a package, else null. */
  readonly package: string | null;
}

interface NodeGypBuild {
  resolve(folder: string): string;
}

const manifestSchema = z.object({ version: z.string().min(1) });
type Manifest = z.infer<typeof manifestSchema>;

const require = createRequire(import.meta.url);

/**
 * @param root      folder of this package.
 * @param platform  the machine to find it for.
 * @throws {EngineError} E_UNAVAILABLE if there is none for this machine, its package is not installed, or the package is
 *                       of another version or broken.
 */
export function findAddon(root: string = packageRoot(), platform: Platform = thisPlatform()): Addon {
  const named = process.env["VQATHINKER_PREBUILD"];
  if (named) return { path: resolveIn(named), origin: "VQATHINKER_PREBUILD", package: null };
  const { version } = manifestOf(root);
  const own = join(root, "build", "Release", "vqathinker.node");
  if (existsSync(own) && builtBySource(root, version))
    return { path: own, origin: "source build", package: null };
  const name = platformPackage(platform);
  if (name === null) throw unavailable(root, platform, withoutPackage(platform));
  const folder = folderOf(name, root);
  if (folder === null) throw unavailable(root, platform, missingPackage(root, name, version), name);
  const found = manifestOf(folder).version;
  if (found !== version) {
    const message =
      `${name} in ${folder} is version ${found}, expected ${version}, that of vqathinker; ` +
      `install both anew: npm install vqathinker@${version}`;
    throw new EngineError("E_UNAVAILABLE", message, {
      details: { package: name, folder, found, expected: version },
    });
  }
  return { path: resolveIn(folder), origin: "package", package: `${name} ${version}` };
}

/**
 * A checkout has the TypeScript that is never packed. An installed package has a build only where `setup --build` made
 * one, and its note says of which version.
 */
function builtBySource(root: string, version: string): boolean {
  if (isCheckout(root)) return true;
  const note = join(root, "build", "Release", "built.json");
  return existsSync(note) && manifestOf(dirname(note), "built.json").version === version;
}

function isCheckout(root: string): boolean {
  return existsSync(join(root, "lib", "index.ts"));
}

function manifestOf(folder: string, name = "package.json"): Manifest {
  const file = join(folder, name);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const message = `${file} is broken: expected JSON with a version; ${REINSTALL}`;
    throw new EngineError("E_UNAVAILABLE", message, { details: { file }, cause });
  }
}

/** Where npm and its kin put it, as seen from this package; null where it is not. */
function folderOf(name: string, root: string): string | null {
  const { resolve } = createRequire(join(root, "package.json"));
  try {
    return dirname(resolve(`${name}/package.json`));
  } catch {
    // Node finds no package whose package.json it cannot read.
    const places = (resolve.paths(name) ?? []).map((folder) => join(folder, name));
    return places.find((folder) => existsSync(join(folder, "package.json"))) ?? null;
  }
}

function resolveIn(folder: string): string {
  try {
    return (require("node-gyp-build") as NodeGypBuild).resolve(folder);
  } catch (cause) {
    const message =
      `${folder} holds no addon for this machine: no *.node under prebuilds/${process.platform}-${process.arch} ` +
      "or build/Release; run: npx vqathinker setup --build";
    throw new EngineError("E_UNAVAILABLE", message, { details: { folder }, cause });
  }
}

function missingPackage(root: string, name: string, version: string): string {
  if (isCheckout(root)) return "run: npx vqathinker setup";
  return (
    `npm leaves ${name} out with --omit=optional, or where a lock file was made on another system; ` +
    `run: npm install --include=optional ${name}@${version} (or build from source: npx vqathinker setup --build)`
  );
}

function unavailable(root: string, platform: Platform, what: string, name?: string): EngineError {
  const own = join(root, "build", "Release", "vqathinker.node");
  const looked = name === undefined ? `${own}; no package has binaries for it` : `${own} and ${name}`;
  const message = `there is no native addon for ${describePlatform(platform)}: looked for ${looked}; ${what}`;
  return new EngineError("E_UNAVAILABLE", message, {
    details: { root, platform: platform.system, cpu: platform.cpu, libc: platform.libc },
  });
}
