/**
 * The whole model on the device against our own CPU in float32, before anything is timed: logits, a greedy answer,
 * log-probabilities and two GRPO steps with a reference. The tiny model, and one of real widths with two decoder layers.
 *
 *   node dist/bench/gpu/parity.js
 *
 * Prints one JSON line a comparison. Ends with 1 when one is further from the CPU's float32 than it may be.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DType,
  loadModel,
  makeRandomCheckpoint,
  openTrainer,
  type ScoringModel,
  type StepMetrics,
} from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { advantagesOf, answersOf, DEVICE, noiseClip, promptOf, row, SMALL, TRAINED } from "./common.js";

/** In bfloat16 a device may err twice as far as the CPU's own bfloat16. */
const BFLOAT16_FACTOR = 2;
/** Of the values' root mean square: sums in another order, and products that a card may round to TensorFloat-32. */
const FLOAT32_SHARE = 1e-3;
/** Of the first step's loss and gradient norm in bfloat16: a single number of the CPU's may be close by chance. */
const STEP_SHARE = 1e-2;
/** Fewer where the device is emulated. */
const [ANSWERS, ANSWER_TOKENS, NEW_TOKENS] = SMALL ? [2, 6, 6] : [4, 24, 32];

interface Answers {
  readonly logits: Float32Array;
  /** Of every completion token of both prompts. */
  readonly logProbs: Float32Array;
  readonly tokens: Int32Array;
  readonly steps: readonly StepMetrics[];
}

/** Ratios of policy and sampler on both sides of 1: with equal ones the first step's loss is 0 whatever a device does. */
function sampled(logProbs: Float32Array, group: number): Float32Array[] {
  return Array.from({ length: ANSWERS }, (_, k) =>
    Float32Array.from({ length: ANSWER_TOKENS }, (_, t) => {
      const place = (group * ANSWERS + k) * ANSWER_TOKENS + t;
      return (logProbs[place] ?? Number.NaN) + 0.3 * Math.sin(place);
    }),
  );
}

/** @param old  log-probabilities of the sampler; default: made from this model's own. */
async function answers(dir: string, device: string, dtype: DType, old?: Float32Array): Promise<Answers> {
  const model = await loadModel(dir, { device, dtype });
  const { frames, imageSize } = dir === "tiny" ? model.settings : { frames: 6, imageSize: 224 };
  const clips = await Promise.all([noiseClip(frames, imageSize, 1), noiseClip(frames, imageSize, 2)]);
  try {
    const prompts = clips.map((clip) => promptOf(model as ScoringModel & Slots, clip));
    const [prompt] = prompts;
    if (prompt === undefined) throw new Error("no prompt");
    const { data } = await logits(model, prompt);
    const { groups } = await model.generate({ prompts: [prompt], maxNewTokens: NEW_TOKENS, temperature: 0 });
    const completions = answersOf(ANSWERS, ANSWER_TOKENS);
    const ofGroups = [];
    for (const one of prompts) ofGroups.push(...(await model.logProbs({ prompt: one, completions })));
    const logProbs = Float32Array.from(ofGroups.flatMap((one) => [...one]));
    const trainer = await openTrainer(model, { trainable: TRAINED, reference: true });
    try {
      const advantages = advantagesOf(ANSWERS);
      const batch = prompts.map((one, group) => ({
        prompt: one,
        completions,
        advantages,
        oldLogProbs: sampled(old ?? logProbs, group),
      }));
      const step = () => trainer.step({ groups: batch, loss: "grpo", learningRate: 1e-5, beta: 0.04 });
      return {
        logits: data,
        logProbs,
        tokens: groups[0]?.[0]?.tokens ?? new Int32Array(),
        steps: [await step(), await step()],
      };
    } finally {
      trainer.dispose();
    }
  } finally {
    for (const clip of clips) clip.dispose();
    model.dispose();
  }
}

type Slots = Parameters<typeof promptOf>[0];

function rms(a: Float32Array, b: Float32Array = new Float32Array(a.length)): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum / a.length);
}

function compare(what: string, error: number, bound: number, facts: object): void {
  row(what, { error, bound, within: error <= bound, ...facts });
  if (!(error <= bound)) process.exitCode = 1;
}

async function parity(name: string, dir: string): Promise<void> {
  const truth = await answers(dir, "cpu", "float32");
  const plain = await answers(dir, "cpu", "bfloat16");
  for (const dtype of ["float32", "bfloat16"] as const) {
    const found = await answers(dir, DEVICE, dtype, dtype === "float32" ? truth.logProbs : undefined);
    const facts = { model: name, dtype };
    for (const kind of ["logits", "logProbs"] as const) {
      const spread = rms(truth[kind]);
      const bound =
        dtype === "float32" ? FLOAT32_SHARE * spread : BFLOAT16_FACTOR * rms(plain[kind], truth[kind]);
      compare(`parity ${kind}`, rms(found[kind], truth[kind]), bound, { ...facts, spread });
    }
    const same = found.tokens.findIndex((id, i) => id !== truth.tokens[i]);
    row("parity greedy", { ...facts, tokens: truth.tokens.length, firstDifference: same });
    for (const [i, step] of truth.steps.entries()) {
      for (const key of ["loss", "gradNorm"] as const) {
        const expected = step[key];
        const error = Math.abs((found.steps[i]?.[key] ?? Number.NaN) - expected);
        const own = Math.abs((plain.steps[i]?.[key] ?? Number.NaN) - expected);
        const what = `parity step ${i + 1} ${key}`;
        if (dtype === "float32") {
          compare(what, error, FLOAT32_SHARE * Math.abs(expected), { ...facts, expected });
        } else if (i === 0) {
          const bound = Math.max(STEP_SHARE * Math.abs(expected), BFLOAT16_FACTOR * own);
          compare(what, error, bound, { ...facts, expected, cpuError: own });
        } else {
          // In bfloat16 the weights have parted after the first update: told, and held to nothing.
          row(what, { error, ...facts, expected, cpuError: own });
        }
      }
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), "vqat-gpu-"));
try {
  await parity("tiny", "tiny");
  if (!SMALL) {
    const wide = join(folder, "wide");
    await makeRandomCheckpoint(wide, { like: "internvl3-1b", layers: 2 });
    await parity("internvl3-1b, 2 layers", wide);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
