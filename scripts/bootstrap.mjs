/**
 * From a bare clone to something that runs: npm packages, system packages, then build.mjs. Each step is skipped when
 * it has nothing to do. Runs before anything is installed, so it may import nothing but Node and its own neighbours.
 */

import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { must, ROOT, run, StepError, say, works } from "./shell.mjs";

/** How each system package shows that it is there. */
const SYSTEM = [
  { package: "ffmpeg", present: () => works("ffmpeg", ["-version"]) && works("ffprobe", ["-version"]) },
  { package: "python3-pip", present: () => works("python3", ["-m", "pip", "--version"]) },
  { package: "cmake", present: () => works("cmake", ["--version"]) },
  { package: "g++", present: () => works("c++", ["--version"]) },
  { package: "make", present: () => works("ninja", ["--version"]) || works("make", ["--version"]) },
];
const GTEST = {
  package: "libgtest-dev",
  present: () => works("c++", ["-E", "-x", "c++", "-"], "#include <gtest/gtest.h>\n"),
};

/**
 * @param tests  also what the C++ tests need.
 * @throws {StepError} with what to do when a step cannot be done here.
 */
export async function bootstrap({ tests = false } = {}) {
  await npmPackages();
  await systemPackages(tests ? [...SYSTEM, GTEST] : SYSTEM);
  await build({ tests });
}

async function npmPackages() {
  if (installedAsLocked()) return;
  const folder = join(ROOT, "node_modules");
  if (existsSync(folder) && lstatSync(folder).isSymbolicLink()) {
    const message = `${folder} is a link and does not hold what package-lock.json names; install there: npm ci`;
    throw new StepError(message);
  }
  say("installing the npm packages of package-lock.json: npm ci");
  await must("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Compares what npm says it installed with the lock file, package by package. */
function installedAsLocked() {
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const locked = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  return Object.entries(locked).every(
    ([path, { version, optional }]) =>
      path === "" || (optional && !installed[path]) || installed[path]?.version === version,
  );
}

async function systemPackages(wanted) {
  const missing = wanted.filter(({ present }) => !present()).map((entry) => entry.package);
  if (missing.length === 0) return;
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  const line = `apt-get ${install.join(" ")}`;
  if (process.getuid?.() !== 0 || !works("apt-get", ["--version"])) {
    const message = `these system packages are missing: ${missing.join(", ")}. On Debian or Ubuntu: sudo ${line}`;
    throw new StepError(message);
  }
  say(`installing system packages: ${line}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Lists that are there may do where the network does not.
  await run("apt-get", ["update", "-qq"], { env });
  await must("apt-get", install, { env });
}
