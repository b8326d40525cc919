/**
 * One scoring of many videos, ended three times and gone on with: it must come to what it comes to at once, and judge
 * nothing twice. Where it is ended is no matter of time: ffprobe waits at a video until the end has come.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../lib/core/package-root.js";
import { findTool } from "../../lib/video/tools.js";
import { cli } from "../helpers/command.js";

const CLI = join(packageRoot(), "dist", "lib", "cli", "main.js");
const BATCH = 2;
const LOOK_MS = 20;
/** Longer than any trial. */
const WAIT_SECONDS = 3600;

/** One after the other, each after a quarter more of the videos. */
export const ENDS = ["SIGKILL", "SIGINT", "SIGHUP"] as const;
export type Scoring = "eval" | "score";

export interface ScoringTrial {
  /** Results that each ended process left, its forerunners' among them. */
  readonly kept: readonly number[];
  /** What is not as it must be; empty for a good one. */
  readonly problems: readonly string[];
}

interface Place {
  readonly dir: string;
  readonly videos: readonly string[];
  /** What is typed after `vqathinker`, less the outputs. */
  readonly args: readonly string[];
  /** Flag of each output → its file's name. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** @param dir  empty. @param videos  at least eight that can be read, none of a name like another's. */
export async function scoringTrial(
  scoring: Scoring,
  dir: string,
  videos: readonly string[],
): Promise<ScoringTrial> {
  const place = layOut(scoring, dir, videos);
  const problems: string[] = [];
  const whole = await cli(...commandOf(place, "whole"));
  if (whole.code !== 0) return { kept: [], problems: [`at once: ${whole.code}: ${whole.stderr}`] };
  const journal = join(dir, `ended.${Object.values(place.outputs)[0]}.journal`);
  const kept: number[] = [];
  for (const [i, signal] of ENDS.entries()) {
    const cut = BATCH * Math.floor(((i + 1) * place.videos.length) / (ENDS.length + 1) / BATCH);
    problems.push(...(await endedAt(place, journal, cut, signal)));
    const names = keptNames(journal);
    kept.push(names.length);
    if (names.length !== cut) problems.push(`${signal} left ${names.length} results, not ${cut}`);
    // Whoever opened one of these again would fail.
    for (const name of names) writeFileSync(join(dir, "videos", name), "was scored");
  }
  const last = await cli(...commandOf(place, "ended"), "--resume");
  if (last.code !== 0) problems.push(`going on ended with ${last.code}: ${last.stderr}`);
  if (scoring === "eval" && last.stdout !== whole.stdout) problems.push(`printed ${last.stdout}`);
  for (const name of Object.values(place.outputs))
    if (timeless(join(dir, `ended.${name}`)) !== timeless(join(dir, `whole.${name}`)))
      problems.push(`${name} is another one`);
  const left = readdirSync(dir).filter((name) => /journal|part/.test(name));
  if (left.length > 0) problems.push(`left behind: ${left.join(", ")}`);
  return { kept, problems };
}

function layOut(scoring: Scoring, dir: string, from: readonly string[]): Place {
  mkdirSync(join(dir, "videos"));
  const videos = from.map((path) => join(dir, "videos", basename(path)));
  for (const [i, path] of from.entries()) copyFileSync(path, videos[i] as string);
  const list = join(dir, "list.csv");
  writeFileSync(
    list,
    ["video,score", ...videos.map((video, i) => `${video},${1 + (i % 9) / 2}`), ""].join("\n"),
  );
  const probe = join(dir, "ffprobe");
  const waits = `case "$*" in *"$VQAT_TEST_WAIT_AT"*) exec sleep ${WAIT_SECONDS};; esac`;
  writeFileSync(probe, `#!/bin/sh\n${waits}\nexec "${findTool("ffprobe")}" "$@"\n`);
  chmodSync(probe, 0o755);
  const how = ["--threads", "1", "--batch-size", String(BATCH), "--temperature", "0.7", "--seed", "5"];
  return scoring === "eval"
    ? { dir, videos, args: ["eval", "--data", list, ...how], outputs: { predictions: "jsonl", csv: "csv" } }
    : { dir, videos, args: ["score", join(dir, "videos"), ...how], outputs: { out: "jsonl" } };
}

function commandOf({ dir, args, outputs }: Place, name: string): string[] {
  const flags = Object.entries(outputs).flatMap(([flag, file]) => [
    `--${flag}`,
    join(dir, `${name}.${file}`),
  ]);
  return [...args, ...flags];
}

/** Ends a process when all videos before `cut` are in the journal; what is not as it must be then. */
async function endedAt(
  place: Place,
  journal: string,
  cut: number,
  signal: NodeJS.Signals,
): Promise<string[]> {
  const env = {
    ...process.env,
    FFPROBE_PATH: join(place.dir, "ffprobe"),
    VQAT_TEST_WAIT_AT: place.videos[cut],
  };
  const child = spawn(process.execPath, [CLI, ...commandOf(place, "ended"), "--resume"], {
    env,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  const closed = once(child, "close");
  while (child.exitCode === null && keptNames(journal).length < cut) await delay(LOOK_MS);
  // What it started dies with it only if it is told to.
  if (signal === "SIGKILL") process.kill(-(child.pid as number), signal);
  else child.kill(signal);
  const [code, by] = (await closed) as [number | null, NodeJS.Signals | null];
  if (signal === "SIGKILL") return by === signal ? [] : [`ended by itself with ${code}: ${stderr}`];
  const told = stderr.includes(
    `${cut} of ${place.videos.length} results are in ${journal}: the same command`,
  );
  return code === 130 && told ? [] : [`${signal} ended with ${code ?? by}: ${stderr}`];
}

/** Names of the videos in a journal's whole lines. */
function keptNames(journal: string): string[] {
  if (!existsSync(journal)) return [];
  const [, ...lines] = readFileSync(journal, "utf8").split("\n").slice(0, -1);
  return lines.flatMap((line) =>
    (JSON.parse(line) as { batch: { result: { file: string } }[] }).batch.map(({ result }) =>
      basename(result.file),
    ),
  );
}

/** A file's text without the clock. */
function timeless(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8").replace(/"seconds":[\d.e-]+/g, "") : null;
}
