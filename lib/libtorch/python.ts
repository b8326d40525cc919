/** Runs python3, for fetching libtorch only: nothing else in the package starts Python. */

import { spawn } from "node:child_process";
import { EngineError } from "../core/errors.js";
import type { Environment } from "./libtorch.js";

/** Lines of a failing program's output that a message repeats. */
const LAST_LINES = 6;

/**
 * @returns what python3 wrote to its standard output.
 * @throws {EngineError} E_UNAVAILABLE if there is no python3; E_NO_LIBTORCH with its last words if it failed.
 */
export function runPython(args: readonly string[], env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("python3", args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.on("error", (cause) => {
      const message =
        "python3 was not found; it fetches libtorch. On Debian: apt-get install python3 python3-pip";
      reject(new EngineError("E_UNAVAILABLE", message, { cause }));
    });
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new EngineError("E_NO_LIBTORCH", lastWords(err) || `python3 exited with ${code}`));
    });
  });
}

function lastWords(text: string): string {
  return text.trim().split("\n").slice(-LAST_LINES).join("\n");
}
