/**
 * The scoring path on a CUDA device: held against our own CPU in float32 first, then timed at the 8B shape.
 *
 *   node dist/bench/gpu/scoring.js [--layers 28] [--folder DIR]
 *
 * Prints one JSON line a measurement. Ends with 1 when a device's answer is further from the CPU's float32 than it may
 * be: in bfloat16 twice what the CPU's own bfloat16 errs, in float32 1e-3 of the logits' spread.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { uniform } from "../../lib/core/rng.js";
import { buildPrompt, type DType, loadModel, type Prompt, type ScoringModel } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { makeRandomCheckpoint } from "../../lib/random-checkpoint/random-checkpoint.js";
import { machineFacts } from "../machine.js";

const BFLOAT16_FACTOR = 2;
const FLOAT32_SHARE = 1e-3;
const NEW_TOKENS = 64;

const { values } = parseArgs({
  options: { layers: { type: "string", default: "28" }, folder: { type: "string" } },
});

function promptOf(model: ScoringModel, frames: number, size: number): Prompt {
  return {
    inputIds: buildPrompt(model.tokenizer, model.settings.prompt, model.slots(frames, size)),
    pixelValues: Float32Array.from(
      { length: frames * 3 * size ** 2 },
      (_, i) => 2 * uniform(7n, i >>> 6, i & 63) - 1,
    ),
    frames,
    imageSize: size,
    stream: "bench",
    samples: 1,
  };
}

async function answers(dir: string, device: string, dtype: DType) {
  const model = await loadModel(dir, { device, dtype });
  try {
    const prompt = promptOf(model, 6, 224);
    const { data } = await logits(model, prompt);
    const { groups } = await model.generate({ prompts: [prompt], maxNewTokens: 32, temperature: 0 });
    return { data, tokens: groups[0]?.[0]?.tokens ?? new Int32Array() };
  } finally {
    model.dispose();
  }
}

function rms(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum / a.length);
}

/** Real widths, two decoder layers: every kernel of the path at the sizes that matter. */
async function parity(dir: string): Promise<void> {
  await makeRandomCheckpoint(dir, { like: "internvl3-1b", layers: 2 });
  const truth = await answers(dir, "cpu", "float32");
  const plain = await answers(dir, "cpu", "bfloat16");
  const spread = rms(truth.data, new Float32Array(truth.data.length));
  for (const dtype of ["float32", "bfloat16"] as const) {
    const found = await answers(dir, "cuda", dtype);
    const error = rms(found.data, truth.data);
    const bound =
      dtype === "float32" ? FLOAT32_SHARE * spread : BFLOAT16_FACTOR * rms(plain.data, truth.data);
    const sameTokens = found.tokens.every((id, i) => id === truth.tokens[i]);
    console.log(
      JSON.stringify({ what: "parity", dtype, error, bound, spread, sameTokens, ...machineFacts() }),
    );
    if (!(error <= bound)) process.exitCode = 1;
  }
}

async function seconds<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

/** One video of the released test plan: first the whole answer with the encoders, then again without them. */
async function speed(dir: string): Promise<void> {
  const layers = Number(values.layers);
  await makeRandomCheckpoint(dir, { like: "internvl3-8b", layers });
  const { value: model, seconds: load } = await seconds(() =>
    loadModel(dir, { device: "cuda", dtype: "bfloat16" }),
  );
  const prompt = promptOf(model, 12, 560);
  const answer = (maxNewTokens: number) =>
    seconds(() => model.generate({ prompts: [prompt], maxNewTokens, temperature: 0 }));
  await answer(1);
  const first = await answer(1);
  const whole = await answer(NEW_TOKENS);
  const tokens = whole.value.groups[0]?.[0]?.tokens.length ?? 0;
  const perToken = (whole.seconds - first.seconds) / Math.max(1, tokens - 1);
  const facts = { layers, promptTokens: prompt.inputIds.length, tokens };
  const times = { loadSeconds: load, firstTokenSeconds: first.seconds, secondsPerToken: perToken };
  console.log(JSON.stringify({ what: "score 8B", ...facts, ...times, ...machineFacts() }));
  model.dispose();
}

const folder = values.folder ?? (await mkdtemp(join(tmpdir(), "vqat-gpu-")));
try {
  await parity(join(folder, "parity"));
  await speed(join(folder, "speed"));
} finally {
  if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
}
