/**
 * Runs a program of ours in a process of its own, because what it opens may crash: the user's process, taken along, could
 * say nothing.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A driver that wakes its cards takes seconds. */
const PATIENCE_MILLISECONDS = 120_000;
/** Characters of what it said. */
const MOST_WORDS = 160;

export interface Ended {
  readonly stdout: string;
  /** It came to its own end, well or not. */
  readonly whole: boolean;
  /** How it ended, as what follows "a process that …", with its last words. */
  readonly how: string;
}

/** @param program  a name beside this file. */
export function runApart(program: string, ...args: readonly string[]): Ended {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const start = process.versions["deno"] === undefined ? [file] : ["run", "--allow-all", file];
  const { error, signal, status, stdout, stderr } = spawnSync(process.execPath, [...start, ...args], {
    encoding: "utf8",
    // Electron's program is Node only when told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MILLISECONDS,
  });
  const late = (error as { code?: unknown } | undefined)?.code === "ETIMEDOUT";
  const how = late
    ? `had no answer after ${PATIENCE_MILLISECONDS / 1000} s`
    : signal === null
      ? `ended with code ${status}`
      : `was ended by ${signal}`;
  // Bun's own report of the crash comes after a line of these.
  const [said = ""] = (stderr ?? "").split("=====");
  const words = said.trim().replace(/\s+/g, " ").slice(0, MOST_WORDS);
  return {
    stdout: stdout ?? "",
    whole: signal === null && !late,
    how: words === "" ? how : `${how} (${words})`,
  };
}
