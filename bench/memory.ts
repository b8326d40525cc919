/**
 * npm run bench:memory: a checkpoint of a published size with random weights, or a folder, scores one video on the CPU, or
 * trains on it with --train, and the peak of resident memory is held against the plan.
 *
 *   npm run bench:memory -- [--like internvl3-8b] [--layers 2] [--threads 2] [--video FILE]
 *   npm run bench:memory -- --train [--model DIR | --like …] [--recompute] [--no-reference] [--trainable vision,projector]
 *                           [--frames 1] [--size 448] [--answers 4] [--answer-tokens 64] [--dtype float32]
 *                           [--states float32] [--no-masters]
 *
 * Prints one JSON line: sizes, seconds, plan and peak in bytes, how far they are apart. Ends with 1 when they are more than
 * a tenth apart.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { shippedCheckpoint } from "../lib/checkpoint/shipped.js";
import { checkOneOf } from "../lib/core/check.js";
import { loadModel } from "../lib/index.js";
import { inspectCheckpoint } from "../lib/inspection/inspection.js";
import { ALL_BUT_MOTION } from "../lib/inspection/train-memory.js";
import { FAMILY_NAMES } from "../lib/layout/families.js";
import { OPTIMIZER_STATES } from "../lib/model/limits.js";
import { makeRandomCheckpoint } from "../lib/random-checkpoint/random-checkpoint.js";
import { findTool } from "../lib/video/tools.js";
import { machineFacts } from "./machine.js";
import { type MeasuredTraining, plannedTraining, type TrainCase, trainHere } from "./training-memory.js";

const TOLERANCE = 0.1;
const NEW_TOKENS = 4;

const { values } = parseArgs({
  options: {
    like: { type: "string", default: "internvl3-8b" },
    layers: { type: "string", default: "2" },
    model: { type: "string" },
    threads: { type: "string" },
    video: { type: "string" },
    train: { type: "boolean", default: false },
    recompute: { type: "boolean", default: false },
    "no-reference": { type: "boolean", default: false },
    trainable: { type: "string", default: ALL_BUT_MOTION.join() },
    frames: { type: "string", default: "1" },
    size: { type: "string", default: "448" },
    answers: { type: "string", default: "4" },
    "answer-tokens": { type: "string", default: "64" },
    dtype: { type: "string", default: "float32" },
    states: { type: "string", default: "float32" },
    "no-masters": { type: "boolean", default: false },
    // What the process that is measured is told.
    score: { type: "string" },
    "train-case": { type: "string" },
  },
});

/** In a process of its own, whose peak is that of loading and scoring alone. */
async function scoreHere(dir: string, video: string): Promise<object> {
  const start = performance.now();
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const model = await loadModel(dir, { threads });
  const loadSeconds = (performance.now() - start) / 1000;
  const { status, seconds } = await model.score(video, { maxNewTokens: NEW_TOKENS });
  return { status, loadSeconds, scoreSeconds: seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

function renderVideo(file: string): void {
  const source = "testsrc2=size=640x360:rate=30:duration=4";
  execFileSync(findTool("ffmpeg"), ["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", file]);
}

function measured(...args: string[]): { readonly peakBytes: number } {
  const self = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [self, ...args], { encoding: "utf8" }));
}

async function scoring(dir: string, video: string): Promise<object & Pair> {
  const { memory, tokensPerVideo } = await inspectCheckpoint(dir);
  const threads = values.threads === undefined ? [] : ["--threads", values.threads];
  const found = measured("--score", dir, "--video", video, ...threads);
  return { ...tokensPerVideo, ...found, planBytes: memory.scoreBytes };
}

async function training(dir: string, video: string): Promise<object & Pair> {
  const asked: TrainCase = {
    frames: Number(values.frames),
    size: Number(values.size),
    answers: Number(values.answers),
    answerTokens: Number(values["answer-tokens"]),
    dtype: checkOneOf("dtype", values.dtype, ["float32", "bfloat16"]),
    states: checkOneOf("states", values.states, OPTIMIZER_STATES),
    masters: !values["no-masters"],
    trainable: values.trainable.split(",").map((part) => checkOneOf("trainable", part, ALL_BUT_MOTION)),
    reference: !values["no-reference"],
    recompute: values.recompute,
    threads: Number(values.threads ?? 2),
  };
  const args = ["--train-case", JSON.stringify(asked), "--model", dir, "--video", video];
  const found = measured(...args) as MeasuredTraining;
  const { promptTokens } = found;
  return { ...asked, ...found, planBytes: await plannedTraining(dir, { ...asked, promptTokens }) };
}

interface Pair {
  readonly peakBytes: number;
  readonly planBytes: number;
}

async function checkpoint(dir: string): Promise<{ dir: string; facts: object }> {
  const { model } = values;
  if (model !== undefined) return { dir: shippedCheckpoint(model) ?? model, facts: { model } };
  const like = checkOneOf("like", values.like, FAMILY_NAMES);
  const layers = Number(values.layers);
  const weightBytes = await makeRandomCheckpoint(dir, { like, layers });
  return { dir, facts: { like, layers, weightBytes } };
}

async function measure(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "vqat-memory-"));
  try {
    const { dir, facts } = await checkpoint(join(scratch, "checkpoint"));
    const video = values.video ?? join(scratch, "video.mp4");
    if (values.video === undefined) renderVideo(video);
    const found = await (values.train ? training(dir, video) : scoring(dir, video));
    const apart = found.peakBytes / found.planBytes - 1;
    const what = values.train ? "memory of training" : "memory";
    const row = { what, ...facts, ...found, apart: Number(apart.toFixed(4)), ...machineFacts() };
    console.log(JSON.stringify(row));
    if (Math.abs(apart) > TOLERANCE) process.exitCode = 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const { model = "", video = "", score, "train-case": trainCase } = values;
if (score !== undefined) process.stdout.write(JSON.stringify(await scoreHere(score, video)));
else if (trainCase !== undefined)
  process.stdout.write(JSON.stringify(await trainHere(model, video, JSON.parse(trainCase) as TrainCase)));
else await measure();
