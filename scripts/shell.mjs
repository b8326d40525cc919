/** What the scripts share: the repository's folder, one line of progress, and running a program. No dependencies. */

import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A step that failed for a reason the user can act on; the message is all that is printed. */
export class StepError extends Error {}

/** Prints one line about what is being done. */
export function say(line) {
  process.stdout.write(`[vqathinker] ${line}\n`);
}

/**
 * Runs a program in the repository's folder, its output streamed.
 *
 * @returns its exit code.
 * @throws {StepError} when it cannot be started.
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", ...options });
    child.on("error", (error) => reject(new StepError(`${program} cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/** As run, but any exit code except 0 is a StepError. */
export async function must(program, args, options = {}) {
  const code = await run(program, args, options);
  if (code !== 0) throw new StepError(`${program} ${args.join(" ")}: exit code ${code}`);
}

/** True when the program starts and exits with 0. */
export function works(program, args, input = "") {
  return spawnSync(program, args, { cwd: ROOT, input, stdio: ["pipe", "ignore", "ignore"] }).status === 0;
}

/** What a program printed, or null when it did not work. */
export function output(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** An error as text: of the user's world its message, of ours its stack. */
export function told(error) {
  if (error?.name === "EngineError") return `${error.code}: ${error.message}`;
  return error instanceof StepError ? error.message : String(error?.stack ?? error);
}

/** Runs a script's main function; an error ends in its text and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    process.stderr.write(`${told(error)}\n`);
    process.exitCode = 1;
  }
}
