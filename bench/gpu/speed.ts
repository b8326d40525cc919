/**
 * The speed of each part on the device, at the widths of InternVL3-8B in bfloat16, with weights that mean nothing:
 * encoding a video, reading a prompt (prefill), decoding, the vocabulary's head, and the update of AdamW.
 *
 *   node dist/bench/gpu/speed.js
 *
 * Prints one JSON line a measurement.
 */
import { openTrainer } from "../../lib/index.js";
import type { NativeModel } from "../../lib/model/model.js";
import {
  advantagesOf,
  answersOf,
  DTYPE,
  median,
  nameOf,
  noiseClip,
  once,
  openDrawn,
  promptOf,
  row,
  SMALL,
  TRAINED,
} from "./common.js";

const LIKE = "internvl3-8b";
/** As published. */
const LAYERS = SMALL ? 2 : 28;
/** The released test plan: 12 frames, their side a multiple of 28. */
const [FRAMES, SIZE] = SMALL ? [2, 64] : [12, 560];
const NEW_TOKENS = SMALL ? 4 : 64;
/** Rows that are decoded at once. */
const ROWS = SMALL ? [1, 2] : [1, 8, 64];
const [ANSWERS, ANSWER_TOKENS] = SMALL ? [2, 4] : [8, 256];

/** Encoding is what a video costs the first time it is seen, beyond what it costs again. */
async function scoring(model: NativeModel): Promise<void> {
  const generate = async (
    clip: Awaited<ReturnType<typeof noiseClip>>,
    samples: number,
    maxNewTokens: number,
  ) => {
    const prompts = [promptOf(model, clip, samples)];
    // Nothing ends an answer early: all rows are decoded to the last token.
    const suppress = model.checkpoint.endTokens;
    const { groups } = await model.generate({ prompts, maxNewTokens, temperature: 1, suppress });
    return groups.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
  };
  const warm = await noiseClip(FRAMES, SIZE, 1);
  await generate(warm, 1, 2);
  const fresh = await noiseClip(FRAMES, SIZE, 2);
  const first = await once(() => generate(fresh, 1, 1));
  const again = await median(() => generate(fresh, 1, 1));
  const facts = { like: nameOf(LIKE), layers: LAYERS, dtype: DTYPE, frames: FRAMES, size: SIZE };
  const promptTokens = promptOf(model, fresh).inputIds.length;
  row("encode", { ...facts, seconds: first - again });
  row("prefill", { ...facts, promptTokens, seconds: again, tokensPerSecond: promptTokens / again });
  for (const rows of ROWS) {
    const one = await median(() => generate(fresh, rows, 1));
    const whole = await median(() => generate(fresh, rows, NEW_TOKENS));
    const secondsPerStep = (whole - one) / (NEW_TOKENS - 1);
    row("decode", { ...facts, promptTokens, rows, secondsPerStep, tokensPerSecond: rows / secondsPerStep });
  }
  warm.dispose();
  fresh.dispose();
}

/** Seconds of log-probabilities by the trainer's path, without a video. */
async function passSeconds(layers: number): Promise<number> {
  const model = await openDrawn(LIKE, layers);
  try {
    const prompt = { inputIds: Int32Array.from({ length: 64 }, (_, i) => 1 + i) };
    const completions = answersOf(ANSWERS, ANSWER_TOKENS);
    return await median(() => model.logProbs({ prompt, completions }));
  } finally {
    model.dispose();
  }
}

/** The head is what is left of a pass when its decoder layer is taken off: layers cost alike. */
async function head(): Promise<void> {
  const [one, two] = [await passSeconds(1), await passSeconds(2)];
  const facts = { like: nameOf(LIKE), dtype: DTYPE, answers: ANSWERS, answerTokens: ANSWER_TOKENS };
  row("head", { ...facts, seconds: 2 * one - two });
  row("decoder layer", { ...facts, seconds: two - one });
}

/** A step of two tokens is hardly more than zeroing gradients, their norm and AdamW's update of every trained value. */
async function update(): Promise<void> {
  const layers = 2;
  const model = await openDrawn(LIKE, layers);
  const trainer = await openTrainer(model, { trainable: TRAINED });
  const group = {
    prompt: { inputIds: Int32Array.of(1) },
    completions: answersOf(1, 1),
    advantages: advantagesOf(1),
  };
  const seconds = await median(() => trainer.step({ groups: [group], loss: "grpo", learningRate: 1e-6 }), 5);
  const parts = /^(projector|language|motion_projector)\./;
  const values = model.checkpoint.parameters
    .filter(({ name }) => parts.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  row("update", { like: nameOf(LIKE), layers, dtype: DTYPE, trainedValues: values, seconds });
  trainer.dispose();
  model.dispose();
}

const model = await openDrawn(LIKE, LAYERS);
try {
  await scoring(model);
} finally {
  model.dispose();
}
await head();
await update();
