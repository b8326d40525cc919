/** The torch wheel that set-up is given, fetched once with pip as this machine has it configured, and kept in the cache. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { LIBTORCH_VERSION } from "../../lib/libtorch/libtorch.js";
import { cacheOfTests } from "../endings/runtimes.js";

/** A folder with the CPU wheel and nothing else. @param named  one that is there already. */
export function wheelFolder(named?: string): string {
  const folder = named ?? cacheOfTests("wheels", LIBTORCH_VERSION);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).some((name) => /^torch-.*\.whl$/.test(name))) return folder;
  const args = ["-m", "pip", "download", "--no-deps", "--dest", folder, `torch==${LIBTORCH_VERSION}+cpu`];
  execFileSync("python3", args, { stdio: ["ignore", "ignore", "inherit"] });
  return folder;
}

/** pip that knows this folder and no network. */
export function pipFrom(folder: string): Record<string, string> {
  return { PIP_FIND_LINKS: folder, PIP_NO_INDEX: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
}
