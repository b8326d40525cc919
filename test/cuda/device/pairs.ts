/** The tiny model twice, on the CPU and on the stand-in device, the same inputs for both, and what they are held to. */
import assert from "node:assert/strict";
import { uniform } from "../../../lib/core/rng.js";
import {
  buildPrompt,
  type GenerateOutput,
  loadModel,
  type PromptInput,
  type ScoringModel,
  type StepOptions,
  type TrainGroup,
} from "../../../lib/index.js";
import type { DType } from "../../../lib/native/binding.js";
import { norm } from "../../helpers/closeness.js";
import { standIn } from "./stand-in.js";

export interface Pair {
  readonly cpu: ScoringModel;
  readonly cuda: ScoringModel;
}

export async function openPair(dtype: DType, dir = "tiny"): Promise<Pair> {
  const load = (device: string) => loadModel(dir, { device, dtype, threads: 1 });
  return { cpu: await load("cpu"), cuda: await load("cuda") };
}

export function closePair({ cpu, cuda }: Pair): void {
  cpu.dispose();
  cuda.dispose();
}

/** The model's own prompt about frames made of a seed: smooth, with noise, in (−2, 2). */
export function prompt(model: ScoringModel, seed: number): PromptInput {
  const { frames, imageSize, prompt: wording } = model.settings;
  return {
    inputIds: buildPrompt(model.tokenizer, wording, model.slots(frames, imageSize)),
    pixelValues: Float32Array.from({ length: frames * 3 * imageSize * imageSize }, (_, i) => {
      const [x, y] = [i % imageSize, Math.floor(i / imageSize) % imageSize];
      return Math.sin(0.13 * x + 0.07 * y + seed) + 2 * uniform(BigInt(seed), i, 2) - 1;
    }),
    frames,
    imageSize,
  };
}

/** Two prompts and three completions of each, which no device chose. */
export function groups(model: ScoringModel): TrainGroup[] {
  return [0, 1].map((g) => ({
    prompt: prompt(model, 20 + g),
    completions: [6, 9, 1].map((length, k) =>
      Int32Array.from({ length }, (_, i) => 10 + ((7 * i + 31 * k + 53 * g) % 380)),
    ),
  }));
}

/** Runs something on the device; it must touch nothing that is not its own. */
export async function clean<T>(use: () => Promise<T>): Promise<T> {
  const before = standIn().counts().wrong;
  const result = await use();
  assert.equal(standIn().counts().wrong - before, 0, "wrong accesses");
  assert.equal(standIn().damage(), "");
  return result;
}

/** The largest distance of two lists, and the range of the second. */
export function distance(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { most: number; range: number } {
  assert.equal(actual.length, expected.length);
  let most = 0;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] as number;
    const apart = Math.abs((actual[i] as number) - wanted);
    most = apart <= most ? most : apart; // what is no number stays
    low = Math.min(low, wanted);
    high = Math.max(high, wanted);
  }
  return { most, range: high - low };
}

/** Root of the mean square of a − b. */
export function rms(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return norm(Float64Array.from(a, (value, i) => value - (b[i] as number))) / Math.sqrt(a.length);
}

/** Parts that a policy step trains, with a reference. */
export const POLICY_PARTS = {
  trainable: ["projector", "language", "motionProjector"],
  reference: true,
} as const;

/** A policy step on two completions of each prompt, which no device chose. @param seeds  of the prompts. */
export function policyStep(model: ScoringModel, seeds: readonly number[]): StepOptions {
  return {
    groups: seeds.map((seed) => ({
      prompt: prompt(model, seed),
      completions: [6, 9].map((length, k) => Int32Array.from({ length }, (_, i) => 10 + 7 * i + 31 * k)),
      advantages: [1, -0.25],
    })),
    loss: "grpo",
    beta: 0.04,
    learningRate: 1e-3,
  };
}

/** Three sampled answers of four tokens to one prompt. */
export function sampledAnswers(model: ScoringModel): Promise<GenerateOutput> {
  const prompts = [{ ...prompt(model, 1), stream: "s", samples: 3 }];
  return model.generate({ prompts, maxNewTokens: 4, temperature: 1 });
}
