/**
 * npm run bench:memory: a checkpoint of a published size with random weights scores one video on the CPU, and the peak
 * of resident memory is held against the plan of `vqathinker inspect`.
 *
 *   npm run bench:memory -- [--like internvl3-8b] [--layers 2] [--threads 2] [--video FILE]
 *
 * Prints one JSON line: sizes, status of the score, seconds, plan and peak in bytes, how far they are apart. Ends with 1
 * when they are more than a tenth apart.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkOneOf } from "../lib/core/check.js";
import { loadModel } from "../lib/index.js";
import { inspectCheckpoint } from "../lib/inspection/inspection.js";
import { FAMILY_NAMES } from "../lib/layout/families.js";
import { makeRandomCheckpoint } from "../lib/random-checkpoint/random-checkpoint.js";
import { findTool } from "../lib/video/tools.js";
import { machineFacts } from "./machine.js";

const TOLERANCE = 0.1;
const NEW_TOKENS = 4;

const { values } = parseArgs({
  options: {
    like: { type: "string", default: "internvl3-8b" },
    layers: { type: "string", default: "2" },
    threads: { type: "string" },
    video: { type: "string" },
    score: { type: "string" },
  },
});
const threads = values.threads === undefined ? undefined : Number(values.threads);

/** In a process of its own, whose peak is that of loading and scoring alone. */
async function scoreHere(dir: string, video: string): Promise<void> {
  const start = performance.now();
  const model = await loadModel(dir, { threads });
  const loadSeconds = (performance.now() - start) / 1000;
  const { status, seconds } = await model.score(video, { maxNewTokens: NEW_TOKENS });
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(JSON.stringify({ status, loadSeconds, scoreSeconds: seconds, peakBytes }));
}

function renderVideo(file: string): void {
  const source = "testsrc2=size=640x360:rate=30:duration=4";
  execFileSync(findTool("ffmpeg"), ["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", file]);
}

async function measure(): Promise<void> {
  const like = checkOneOf("like", values.like, FAMILY_NAMES);
  const layers = Number(values.layers);
  const scratch = await mkdtemp(join(tmpdir(), "vqat-memory-"));
  try {
    const dir = join(scratch, "checkpoint");
    const weightBytes = await makeRandomCheckpoint(dir, { like, layers });
    const video = values.video ?? join(scratch, "video.mp4");
    if (values.video === undefined) renderVideo(video);
    const { memory, tokensPerVideo } = await inspectCheckpoint(dir);
    const self = fileURLToPath(import.meta.url);
    const child = [self, "--score", dir, "--video", video];
    if (values.threads !== undefined) child.push("--threads", values.threads);
    const found = JSON.parse(execFileSync(process.execPath, child, { encoding: "utf8" })) as {
      readonly peakBytes: number;
    };
    const apart = found.peakBytes / memory.scoreBytes - 1;
    const facts = { like, layers, weightBytes, ...tokensPerVideo, ...found };
    const row = {
      ...facts,
      planBytes: memory.scoreBytes,
      apart: Number(apart.toFixed(4)),
      ...machineFacts(),
    };
    console.log(JSON.stringify({ what: "memory", ...row }));
    if (Math.abs(apart) > TOLERANCE) process.exitCode = 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

await (values.score === undefined ? measure() : scoreHere(values.score, values.video ?? ""));
