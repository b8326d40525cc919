/**
 * CUDA is tried in a process of its own first: a driver or a library that crashes would take the user's process along,
 * which could then say nothing. The answer is kept as long as this process lives.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EngineError } from "../core/errors.js";
import { searchLibtorch } from "../libtorch/libtorch.js";
import { addonPath, openLoader } from "./loader.js";

const PROGRAM = fileURLToPath(new URL("./try-cuda.js", import.meta.url));
/** A driver that wakes its cards takes seconds. */
const PATIENCE_MILLISECONDS = 120_000;
/** Characters of what it said. */
const MOST_WORDS = 160;

/** By the libtorch that was tried, "" for none: one that is set up in the meantime is tried anew. */
const answers = new Map<string, string | null>();

/** How the process that tried CUDA ended, as a phrase with what to do; null when it ended well. */
export function cudaCrash(): string | null {
  const libtorch = libtorchHere();
  if (!answers.has(libtorch)) answers.set(libtorch, tried());
  return answers.get(libtorch) ?? null;
}

/** A VQAT_LIBTORCH that names none is told by whoever opens it. */
function libtorchHere(): string {
  try {
    return searchLibtorch(openLoader(addonPath()).builtFor).found?.root ?? "";
  } catch {
    return "";
  }
}

/** @throws {EngineError} E_UNAVAILABLE where CUDA would crash this process. */
export function requireNoCrash(device: string): void {
  const crash = cudaCrash();
  if (crash !== null)
    throw new EngineError("E_UNAVAILABLE", `device '${device}': ${crash}`, { details: { device } });
}

function tried(): string | null {
  const args = process.versions["deno"] === undefined ? [PROGRAM] : ["run", "--allow-all", PROGRAM];
  const { error, signal, status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    // Electron's program is Node only when told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE_MILLISECONDS,
  });
  // After the word only the libraries' own end can crash, which the user's process would also meet.
  if (signal === null && stdout?.includes("tried")) return null;
  const late = (error as { code?: unknown } | undefined)?.code === "ETIMEDOUT";
  const how = late
    ? `had no answer after ${PATIENCE_MILLISECONDS / 1000} s`
    : signal === null
      ? `ended with code ${status}`
      : `was ended by ${signal}`;
  // Bun's own report of the crash comes after a line of these.
  const [said = ""] = (stderr ?? "").split("=====");
  const words = said.trim().replace(/\s+/g, " ").slice(0, MOST_WORDS);
  return (
    `a process that tried CUDA first ${how}${words === "" ? "" : ` (${words})`}; update or reinstall the NVIDIA driver, ` +
    "fetch libtorch anew (npx vqathinker setup --cuda), or use device 'cpu'"
  );
}
