/** What every bench row carries: commit, machine and versions. */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { packageRoot } from "../lib/core/package-root.js";
import { nativeBinding } from "../lib/native/load.js";

export function machineFacts() {
  const { torchVersion, kernels } = nativeBinding().info();
  const git = ["-C", packageRoot(), "rev-parse", "--short", "HEAD"];
  const commit = execFileSync("git", git, { encoding: "utf8" }).trim();
  return { commit, cpu: cpus()[0]?.model, node: process.version, torch: torchVersion, kernels };
}
