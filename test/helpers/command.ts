/** Runs compiled programs of the package as a user does, and gives how they ended. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param script  Relative to dist/. */
export function run(script: string, ...args: string[]): Promise<Ended> {
  const file = join(packageRoot(), "dist", script);
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      });
    });
  });
}

/** The command line. */
export const cli = (...args: string[]): Promise<Ended> => run("lib/cli/main.js", ...args);
