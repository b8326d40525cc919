/** Both packages as npm pack makes them of this checkout: the main one, and the platform's with fresh binaries. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

export interface Tarball {
  readonly file: string;
  readonly bytes: number;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

export interface Tarballs {
  readonly main: Tarball;
  readonly platform: Tarball;
}

const PLATFORM = join("packages", "linux-x64");

/** Whether the checkout's own build has the CUDA kernels. */
export const BUILT_WITH_CUDA = existsSync(join(packageRoot(), "build", "Release", "vqathinker_cuda.so"));

/**
 * Packs both into a folder. The binaries are made anew, beside those that lie in the checkout's platform package, which
 * may be of older sources.
 */
export function packBoth(out: string): Tarballs {
  const stage = join(out, "platform");
  mkdirSync(stage, { recursive: true });
  for (const name of ["package.json", "README.md", "LICENSE"])
    cpSync(join(packageRoot(), PLATFORM, name), join(stage, name));
  // A checkout that was built where there is no nvcc is packed without them; who publishes must have them.
  const without = BUILT_WITH_CUDA ? [] : ["--without-cuda"];
  quiet(process.execPath, [join("scripts", "prebuild.mjs"), "--out", stage, ...without]);
  return { main: pack(".", out), platform: pack(stage, out) };
}

function pack(folder: string, out: string): Tarball {
  const args = ["pack", folder, "--json", "--ignore-scripts", "--pack-destination", out];
  const [packed] = JSON.parse(quiet("npm", args)) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error(`npm pack ${folder} packed nothing`);
  const file = join(out, packed.filename);
  return { file, bytes: statSync(file).size, files: packed.files.map(({ path }) => path) };
}

function quiet(program: string, args: readonly string[]): string {
  const stdio = ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"];
  return execFileSync(program, args, { cwd: packageRoot(), encoding: "utf8", stdio, maxBuffer: 2 ** 26 });
}
