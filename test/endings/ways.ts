/** The ways in which a run is ended before its time. Knows processes, not what they do. */
import type { ChildProcess } from "node:child_process";
import type { Draws } from "../../lib/core/rng.js";

export const WAYS = ["kill", "hangup", "interruptTwice", "closedOutput", "fullDisk"] as const;
export type Way = (typeof WAYS)[number];

/** Most milliseconds between two Ctrl-C of one impatient person. */
const IMPATIENCE_MS = 200;

/** Ends a process in a way, after a delay; a full disk comes by itself. Gives what takes back the clock. */
export function endAfter(child: ChildProcess, way: Way, delayMs: number, draws: Draws): () => void {
  const again = draws.below(IMPATIENCE_MS);
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, act: () => void) => timers.push(setTimeout(act, ms));
  later(delayMs, () => {
    if (way === "kill") child.kill("SIGKILL");
    if (way === "hangup") child.kill("SIGHUP");
    if (way === "closedOutput") child.stdout?.destroy();
    if (way !== "interruptTwice") return;
    child.kill("SIGINT");
    later(again, () => child.kill("SIGINT"));
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

/** How a process may end that was ended so; any other signal or code is a crash. */
export function isProperEnd(way: Way, code: number | null, signal: NodeJS.Signals | null): boolean {
  if (way === "kill") return signal === "SIGKILL" || code === 0;
  // Before the program takes them, the system's own answer to these signals is the end.
  if (way === "hangup") return code === 0 || signal === "SIGHUP";
  if (way === "interruptTwice") return code === 0 || code === 130 || signal === "SIGINT";
  if (way === "closedOutput") return code === 0;
  return code === 0 || code === 1;
}
