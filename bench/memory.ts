/**
 * npm run bench:memory: a checkpoint of a published size with random weights, or a folder, scores one video on the CPU, or
 * trains on several, in a process of its own, and the peak of resident memory is held against the plan.
 *
 *   npm run bench:memory -- [--like internvl3-8b] [--layers 2] [--threads 2] [--video FILE]
 *   npm run bench:memory -- --suite [--only tiny,medium,large] [--learning full,8bit,lora] [--steps 10] [--rows FILE]
 *   npm run bench:memory -- --held [--like internvl3-1b] [--layers 24]
 *
 * The suite makes ten steps of `train` for each of tiny-start, a model of eight million parameters and InternVL3-1B cut to
 * two decoder layers: whole parts, whole parts with moments in 8 bits, LoRA of rank 16 on the decoder, each with and without
 * recompute. `--held` counts the bytes of weights, gradients, masters and moments alone. Prints a JSON line each: sizes,
 * seconds, plan and peak in bytes, how far they are apart. Ends with 1 when they are more than a tenth (held: a fiftieth) apart.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { shippedCheckpoint } from "../lib/checkpoint/shipped.js";
import { checkOneOf } from "../lib/core/check.js";
import { loadModel } from "../lib/index.js";
import { inspectCheckpoint } from "../lib/inspection/inspection.js";
import { FAMILY_NAMES } from "../lib/layout/families.js";
import { makeRandomCheckpoint } from "../lib/random-checkpoint/random-checkpoint.js";
import { findTool } from "../lib/video/tools.js";
import { machineFacts } from "./machine.js";
import { makeMediumCheckpoint } from "./medium-checkpoint.js";
import { heldHere, LEARNINGS, type MeasuredRun, type TrainCase, trainHere } from "./training-memory.js";

const TOLERANCE = 0.1;
const HELD_TOLERANCE = 0.02;
const NEW_TOKENS = 4;

const { values } = parseArgs({
  options: {
    like: { type: "string" },
    layers: { type: "string" },
    model: { type: "string" },
    threads: { type: "string" },
    video: { type: "string" },
    suite: { type: "boolean", default: false },
    held: { type: "boolean", default: false },
    only: { type: "string" },
    learning: { type: "string" },
    steps: { type: "string" },
    rows: { type: "string" },
    // What the process that is measured is told.
    score: { type: "string" },
    "held-case": { type: "string" },
    "train-case": { type: "string" },
    list: { type: "string", default: "" },
    out: { type: "string", default: "" },
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

function measured<T>(...args: string[]): T {
  const self = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [self, ...args], { encoding: "utf8" }));
}

/** Prints a row, and ends with 1 where its two sizes are further apart than that. */
function report(row: object, found: number, planned: number, tolerance: number): void {
  const apart = found / planned - 1;
  const line = JSON.stringify({ ...row, apart: Number(apart.toFixed(4)), ...machineFacts() });
  console.log(line);
  if (values.rows !== undefined) appendFileSync(values.rows, `${line}\n`);
  if (Math.abs(apart) > tolerance) process.exitCode = 1;
}

async function checkpoint(dir: string, usual: { like: string; layers: string }) {
  const { model } = values;
  if (model !== undefined) return { dir: shippedCheckpoint(model) ?? model, facts: { model } };
  const like = checkOneOf("like", values.like ?? usual.like, FAMILY_NAMES);
  const layers = Number(values.layers ?? usual.layers);
  const weightBytes = await makeRandomCheckpoint(dir, { like, layers });
  return { dir, facts: { like, layers, weightBytes } };
}

async function scoring(scratch: string): Promise<void> {
  const { dir, facts } = await checkpoint(join(scratch, "checkpoint"), { like: "internvl3-8b", layers: "2" });
  const video = values.video ?? join(scratch, "video.mp4");
  if (values.video === undefined) renderVideo(video);
  const { memory, tokensPerVideo } = await inspectCheckpoint(dir);
  const threads = values.threads === undefined ? [] : ["--threads", values.threads];
  const found = measured<{ peakBytes: number }>("--score", dir, "--video", video, ...threads);
  const planBytes = memory.scoreBytes;
  report(
    { what: "memory", ...facts, ...tokensPerVideo, ...found, planBytes },
    found.peakBytes,
    planBytes,
    TOLERANCE,
  );
}

type Kept = Pick<TrainCase, "learning" | "dtype" | "masters">;

const HELD: readonly Kept[] = [
  { learning: "full", dtype: "float32", masters: true },
  { learning: "8bit", dtype: "float32", masters: true },
  { learning: "8bit", dtype: "bfloat16", masters: false },
  { learning: "lora", dtype: "float32", masters: true },
];

async function holding(scratch: string): Promise<void> {
  const { dir, facts } = await checkpoint(join(scratch, "checkpoint"), {
    like: "internvl3-1b",
    layers: "24",
  });
  let float32 = 0;
  for (const kept of HELD) {
    const found = measured<{ heldBytes: number; planBytes: number }>(
      "--held-case",
      JSON.stringify(kept),
      "--model",
      dir,
    );
    if (float32 === 0) float32 = found.heldBytes;
    const share = Number((found.heldBytes / float32).toFixed(4));
    const row = { what: "memory held by training", ...facts, ...kept, ...found, ofFloat32: share };
    report(row, found.heldBytes, found.planBytes, HELD_TOLERANCE);
  }
}

const STEP = { steps: 10, dtype: "float32", masters: true, microTokens: null, threads: 2 } as const;
type Size = Omit<TrainCase, "learning" | "recompute">;

const SIZES: Readonly<Record<string, { size: Size; make: (dir: string) => Promise<object> }>> = {
  tiny: {
    size: { ...STEP, beta: 0.04, videosPerStep: 8, samples: 4, maxNewTokens: 24, frames: 6, imageSize: 64 },
    make: async () => ({ model: "tiny-start" }),
  },
  medium: {
    size: { ...STEP, beta: 0.04, videosPerStep: 4, samples: 4, maxNewTokens: 32, frames: 6, imageSize: 112 },
    make: async (dir) => ({ model: "8M", weightBytes: await makeMediumCheckpoint(dir) }),
  },
  large: {
    size: { ...STEP, beta: 0, videosPerStep: 2, samples: 2, maxNewTokens: 8, frames: 1, imageSize: 112 },
    make: async (dir) => {
      const [like, layers] = ["internvl3-1b", 2] as const;
      return { like, layers, weightBytes: await makeRandomCheckpoint(dir, { like, layers }) };
    },
  },
};

/** A list of copies of one rendered video. */
function renderList(scratch: string, count: number): string {
  const first = join(scratch, "0.mp4");
  renderVideo(first);
  const rows = Array.from({ length: count }, (_, i) => {
    if (i > 0) copyFileSync(first, join(scratch, `${i}.mp4`));
    return JSON.stringify({ video: `${i}.mp4`, score: 1 + (4 * i) / count });
  });
  const list = join(scratch, "train.jsonl");
  writeFileSync(list, rows.join("\n"));
  return list;
}

async function suite(scratch: string): Promise<void> {
  const learnings =
    values.learning?.split(",").map((one) => checkOneOf("learning", one, LEARNINGS)) ?? LEARNINGS;
  for (const name of values.only?.split(",") ?? Object.keys(SIZES)) {
    const { size, make } = SIZES[checkOneOf("only", name, Object.keys(SIZES))] as (typeof SIZES)[string];
    const made = join(scratch, name);
    const facts = await make(made);
    const dir =
      "model" in facts && facts.model === "tiny-start" ? (shippedCheckpoint("tiny-start") as string) : made;
    const list = renderList(scratch, 2 * size.videosPerStep);
    for (const learning of learnings)
      for (const recompute of [false, true]) {
        const steps = Number(values.steps ?? size.steps);
        const asked: TrainCase = { ...size, steps, learning, recompute };
        const out = join(scratch, "run");
        const args = ["--train-case", JSON.stringify(asked), "--model", dir, "--list", list, "--out", out];
        const { plan, ...found } = measured<MeasuredRun>(...args);
        rmSync(out, { recursive: true });
        const { peakBytes: planBytes, ...parts } = plan;
        const row = { what: "memory of a run", ...facts, ...asked, ...found, planBytes, plan: parts };
        report(row, found.peakBytes, planBytes, TOLERANCE);
      }
    rmSync(made, { recursive: true, force: true });
  }
}

async function measure(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "vqat-memory-"));
  try {
    await (values.suite ? suite : values.held ? holding : scoring)(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const { model = "", video = "", list, out, score } = values;
const [trainCase, heldCase] = [values["train-case"], values["held-case"]];
const answer = (found: object) => process.stdout.write(JSON.stringify(found));
if (score !== undefined) answer(await scoreHere(score, video));
else if (heldCase !== undefined) answer(await heldHere(model, JSON.parse(heldCase) as Kept));
else if (trainCase !== undefined)
  answer(await trainHere(model, list, out, JSON.parse(trainCase) as TrainCase));
else await measure();
