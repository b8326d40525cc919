/** Ends of processes and threads at drawn moments amid drawn work, and whether each came as it must. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { streamOf, uniform } from "../../lib/index.js";
import { WORKS, type WorkName } from "./end-work.js";
import type { Way } from "./ended-process.js";

const SCRIPT = fileURLToPath(new URL("ended-process.js", import.meta.url));
/** The shortest work behind an end lasts minutes, the longest way to its next safe point milliseconds. */
const HANGS_MILLISECONDS = 120_000;
const LONGEST_DELAY = 80;

/** A program that runs JavaScript, and what comes before the script's name. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

export const NODE_AT_HAND: Runtime = { name: `Node ${process.version}`, program: process.execPath, args: [] };

export interface End {
  readonly way: Way;
  readonly work: WorkName;
  /** Milliseconds from when the work has begun. */
  readonly delay: number;
}

/** What each way looks like from outside: exit code and, where the process lives on, its word. */
const EXPECTED: Readonly<Record<Way, string>> = {
  terminate: "0 alive",
  besides: "0 alive",
  leave: "0 alive",
  exit: "7",
  over: "7",
  throw: "1",
  signals: "130 ready",
};

/** As many as there are pairs of a way and a work. */
export const ENDS = Object.keys(EXPECTED).length * Object.keys(WORKS).length;

/** The index-th end of a seed. Every way comes with every work before one is drawn twice. */
export function drawnEnd(seed: number, index: number): End {
  const ways = Object.keys(EXPECTED) as Way[];
  const works = Object.keys(WORKS) as WorkName[];
  const pair = index % ENDS;
  const draw = uniform(streamOf(`end ${seed}`), index, 0);
  return {
    way: ways[pair % ways.length] as Way,
    work: works[Math.floor(pair / ways.length)] as WorkName,
    // Squared: most of what can go wrong goes wrong early.
    delay: Math.floor(LONGEST_DELAY * draw * draw),
  };
}

/** What came instead of the expected end; null when it came as it must. */
export async function ended(runtime: Runtime, end: End, emptyAddon?: string): Promise<string | null> {
  const env = { ...process.env, ...(emptyAddon === undefined ? {} : { VQAT_EMPTY_ADDON: emptyAddon }) };
  const { way, work, delay } = end;
  const child = spawn(runtime.program, [...runtime.args, SCRIPT, way, work, String(delay)], { env });
  let said = "";
  let complained = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text;
    if (way === "signals") interrupt();
  });
  child.stderr.on("data", (text: Buffer) => {
    complained += text;
    // Not before it has heard the first: two of a kind that come together are one.
    if (way === "signals") interrupt();
  });
  const interrupt = () => setTimeout(() => child.kill("SIGINT"), delay);
  const patience = setTimeout(() => child.kill("SIGKILL"), HANGS_MILLISECONDS);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(patience);
  const found = `${signal ?? code} ${said.trim()}`.trim();
  if (found === EXPECTED[way]) return null;
  const what = signal === "SIGKILL" ? "hung" : found;
  return `expected "${EXPECTED[way]}", found "${what}": ${complained.trim().slice(-300)}`;
}
