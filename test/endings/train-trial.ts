/** One training run that is ended early, once or more, and gone on with until it is done. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import type { Draws } from "../../lib/core/rng.js";
import { type SmallDisk, smallDisk } from "./disk.js";
import { endAfter, isProperEnd, WAYS, type Way } from "./ways.js";

const STEPS = 6;
const CLI = join(packageRoot(), "dist", "lib", "cli", "main.js");
/** A run that takes so many times as long as the uninterrupted one hangs. */
const PATIENCE = 30;

export interface Trial {
  readonly ways: readonly Way[];
  /** What is not as it must be; empty for a good one. */
  readonly problems: readonly string[];
}

export interface Whole {
  readonly configFile: string;
  /** Of what a finished run holds but for clocks. */
  readonly hash: string;
  readonly milliseconds: number;
  /** Of its folder. */
  readonly bytes: number;
}

/** The uninterrupted run. @param manifest  list of at least four videos. */
export async function wholeRun(dir: string, manifest: string): Promise<Whole> {
  const configFile = join(dir, "config.json");
  writeFileSync(configFile, JSON.stringify(config(manifest)));
  const out = join(dir, "whole");
  const start = performance.now();
  const ended = await ending(startTraining(configFile, out), Number.POSITIVE_INFINITY);
  if (ended.code !== 0) throw new Error(`the uninterrupted run failed: ${ended.stderr}`);
  return { configFile, hash: hashOf(out), milliseconds: performance.now() - start, bytes: bytesOf(out) };
}

function config(data: string): object {
  return {
    model: "tiny-start",
    data,
    steps: STEPS,
    seed: 3,
    threads: 1,
    videosPerStep: 2,
    samples: 2,
    maxNewTokens: 16,
    learningRate: 3e-4,
    trainable: ["projector", "language", "motionProjector"],
    checkpointEvery: 2,
  };
}

/** Everything that is drawn comes from `draws`; only the machine's clock makes two equal trials differ. */
export async function trial(dir: string, whole: Whole, draws: Draws): Promise<Trial> {
  const ways: Way[] = [];
  const problems: string[] = [];
  const disk = smallDisk(Math.floor(whole.bytes * draw(draws)), draws.below(2) === 0);
  try {
    const way = WAYS[draws.below(WAYS.length)] as Way;
    const out = join(way === "fullDisk" ? disk.dir : dir, "run");
    for (let left = 1 + draws.below(2); left > 0; left--) {
      ways.push(way);
      problems.push(...(await endedEarly(whole, out, way, draws, disk)));
      disk.grow();
    }
    const { code, stderr } = await ending(
      startTraining(whole.configFile, out),
      PATIENCE * whole.milliseconds,
    );
    if (code !== 0) problems.push(`going on ended with ${code}: ${stderr}`);
    else if (hashOf(out) !== whole.hash)
      problems.push("the finished run is another than the uninterrupted one");
    problems.push(...leftovers(out));
  } finally {
    disk.dispose();
  }
  return { ways, problems };
}

async function endedEarly(
  whole: Whole,
  out: string,
  way: Way,
  draws: Draws,
  disk: SmallDisk,
): Promise<string[]> {
  const child = startTraining(whole.configFile, out, way === "fullDisk" ? disk : undefined);
  const calm = endAfter(child, way, draw(draws) * whole.milliseconds, draws);
  const { code, signal, stderr } = await ending(child, PATIENCE * whole.milliseconds);
  calm();
  if (!isProperEnd(way, code, signal)) return [`${way} ended with ${signal ?? code}: ${stderr}`];
  return /^\s+at /m.test(stderr) ? [`${way} ended in a stack trace: ${stderr}`] : [];
}

/** The same command anew where there is no config.json yet, else on from where the run stopped. */
function startTraining(configFile: string, out: string, disk?: SmallDisk): ChildProcess {
  const begun = existsSync(join(out, "config.json"));
  const args = begun ? ["--resume", out] : ["--config", configFile, "--out", out];
  return spawn(process.execPath, [...(disk?.execArgv ?? []), CLI, "train", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: disk?.env ?? process.env,
  });
}

async function ending(child: ChildProcess, mostMs: number) {
  let stderr = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  child.stdout?.resume();
  const hang =
    mostMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => child.kill("SIGABRT"), mostMs);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  clearTimeout(hang);
  return { code, signal, stderr };
}

/** Uniform in [0, 1). */
function draw(draws: Draws): number {
  return draws.below(2 ** 31) / 2 ** 31;
}

/** Final weights, the trainer's state, completions, and the events of the steps without the clock. */
function hashOf(run: string): string {
  const hash = createHash("sha256");
  const last = join(run, "checkpoints", `step-${STEPS}`);
  for (const name of readdirSync(last).sort()) hash.update(name).update(readFileSync(join(last, name)));
  hash.update(readFileSync(join(run, "completions.jsonl")));
  for (const line of readFileSync(join(run, "events.jsonl"), "utf8").trim().split("\n")) {
    const event = JSON.parse(line) as Record<string, unknown>;
    if (event["type"] !== "step") continue;
    hash.update(JSON.stringify(event, (key, value: unknown) => (/seconds/i.test(key) ? undefined : value)));
  }
  return hash.digest("hex");
}

/** What an ended process left and a finished run must not hold. */
function leftovers(run: string): string[] {
  return readdirSync(run, { recursive: true })
    .map(String)
    .filter((name) => /\.part|\.old|lock/.test(name))
    .map((name) => `left behind: ${name}`);
}

function bytesOf(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0);
}
