/** What every bench row carries: commit, machine and versions. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../lib/core/package-root.js";
import { nativeBinding } from "../lib/native/load.js";

export function machineFacts() {
  const { torchVersion, kernels } = nativeBinding().info();
  return { commit: commit(), cpu: cpus()[0]?.model, node: process.version, torch: torchVersion, kernels };
}

/** VQAT_COMMIT is for a copy of the tree without its history. */
function commit(): string {
  if (!existsSync(join(packageRoot(), ".git"))) return process.env["VQAT_COMMIT"] ?? "not known";
  const git = ["-C", packageRoot(), "rev-parse", "--short", "HEAD"];
  return execFileSync("git", git, { encoding: "utf8" }).trim();
}
