/** Asks the user's own pip for wheels, as it is configured. Nothing else in the package starts Python. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "./cache.js";

/** Lines of a failing program's output that a message repeats. */
const LAST_LINES = 6;
/** What a process is ended with; by default it dies of them without an exit. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/**
 * As `python3 -m pip`, but without the current folder among those that modules come from: a pip.py that lies there would
 * run. Not python3's -I or -P: the one hides a pip of the user's own, the other begins with Python 3.11.
 */
const PIP = [
  "import sys",
  "sys.path[:] = [p for p in sys.path if p]",
  "import os",
  "sys.path[:] = [p for p in sys.path if p != os.getcwd()]",
  "import runpy",
  "runpy.run_module('pip', run_name='__main__', alter_sys=True)",
].join("; ");

export type PipAnswer =
  | { readonly wheels: readonly string[] }
  /** Why there is none, in pip's last words or ours. */
  | { readonly wheels: null; readonly why: string };

/**
 * @param requirement  "torch==2.13.0+cpu"
 * @param folder       gets the wheels. What pip writes on the way lies beside it, and is gone when pip is.
 * @param whole        with what the wheel requires in turn.
 * @returns            the wheels of torch and of NVIDIA's libraries, torch's own first.
 */
export async function pipDownload(
  requirement: string,
  folder: string,
  whole: boolean,
  env: Environment,
): Promise<PipAnswer> {
  const args = ["-c", PIP, "download", "--dest", folder, ...(whole ? [] : ["--no-deps"]), requirement];
  const temporary = `${folder}.part`;
  mkdirSync(temporary, { recursive: true });
  const why = await failure(args, { ...env, TMPDIR: temporary }, () =>
    rmSync(temporary, { recursive: true, force: true }),
  );
  if (why !== null) return { wheels: null, why };
  const names = readdirSync(folder).filter((name) => /^(torch-|nvidia_)[^/]*\.whl$/.test(name));
  names.sort((a, b) => Number(b.startsWith("torch-")) - Number(a.startsWith("torch-")));
  if (names.length === 0) return { wheels: null, why: "pip brought no wheel" };
  return { wheels: names.map((name) => join(folder, name)) };
}

/** null when python3 ended well. @param clear  is called when it has ended, however that came about. */
function failure(args: readonly string[], env: Environment, clear: () => void): Promise<string | null> {
  return new Promise((settle) => {
    // pip's own bar, for a person to watch.
    const shown = process.stderr.isTTY ? process.stderr.fd : ("ignore" as const);
    const child = spawn("python3", args, { env: { ...env }, stdio: ["ignore", shown, "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const release = endWithUs(child, clear);
    child.on("error", () => {
      release();
      clear();
      settle("python3 was not found");
    });
    child.on("close", (code) => {
      release();
      clear();
      settle(code === 0 ? null : lastWords(said) || `python3 exited with ${code}`);
    });
  });
}

/**
 * Ends the child when this process exits or is told to end: it would go on fetching for nobody.
 *
 * @param clear  takes away what it leaves.
 * @returns takes that back.
 */
function endWithUs(child: ChildProcess, clear: () => void): () => void {
  const onExit = () => {
    // Nothing can be waited for any more: one that is killed at once writes nothing after.
    child.kill("SIGKILL");
    clear();
  };
  const onSignal = (name: NodeJS.Signals) => {
    release();
    child.once("close", () => {
      clear();
      // Whoever else listens decides what becomes of the process; with nobody there it dies of the signal, as before.
      if (process.listenerCount(name) === 0) process.kill(process.pid, name);
    });
    child.kill();
  };
  const release = () => {
    process.off("exit", onExit);
    for (const name of ENDING) process.off(name, onSignal);
  };
  process.on("exit", onExit);
  for (const name of ENDING) process.on(name, onSignal);
  return release;
}

function lastWords(text: string): string {
  if (/No module named pip/.test(text)) return "python3 has no pip (on Debian: apt-get install python3-pip)";
  // Advertisements of a newer pip come last of all.
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("[notice]"));
  return lines.slice(-LAST_LINES).join("\n");
}
