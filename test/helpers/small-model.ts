/** The recorded small checkpoints as live models, and prompts and completions for them made from seeds. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniform } from "../../lib/core/rng.js";
import { loadModel, type PromptInput } from "../../lib/index.js";
import { goldenPath } from "./goldens.js";
import { readTensors, type Tensor } from "./safetensors.js";

export type SmallModel = Awaited<ReturnType<typeof loadModel>>;

/** Their vocabulary, as test/goldens/recipes/tiny_internvl.py sets it: ids below TEXT are text. */
export const VOCABULARY = 120;
export const TEXT = 110;
export const END = 111;
export const IMAGE_SLOT = 114;
const IMAGE_BEGIN = 112;
const IMAGE_END = 113;
const PATCH = 14;

/** test/goldens/internvl/<name>, float32, one thread. */
export function openSmall(
  name: "layer-norm" | "rms-norm" | "tied" | "motion" = "layer-norm",
): Promise<SmallModel> {
  return loadModel(goldenPath(`internvl/${name}`), { dtype: "float32", threads: 1 });
}

/** `length` text ids named by `seed`. */
export function textIds(seed: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => Math.floor(uniform(BigInt(seed), i, 1) * TEXT));
}

/** Text, the slots of each frame between their marks, the motion slot where there is one, text. */
export function slotIds(seed: number, frames: number, size: number, motion = false): Int32Array {
  const visual = new Array<number>((size / PATCH / 2) ** 2).fill(IMAGE_SLOT);
  const block = (slots: number[]): number[] => [IMAGE_BEGIN, ...slots, IMAGE_END];
  const blocks = Array.from({ length: frames }, () => block(visual)).flat();
  return Int32Array.from([
    ...textIds(seed, 3),
    ...blocks,
    ...(motion ? block([IMAGE_SLOT]) : []),
    ...textIds(seed + 1, 4),
  ]);
}

/** Normalised frames [frames, 3, size, size] in (−2, 2), smooth with noise. */
export function pixels(seed: number, frames: number, size: number): Float32Array {
  return Float32Array.from({ length: frames * 3 * size * size }, (_, i) => {
    const [x, y, plane] = [i % size, Math.floor(i / size) % size, Math.floor(i / size / size)];
    return Math.sin(0.13 * x + 0.07 * y * (plane + 1) + seed) + 2 * uniform(BigInt(seed), i, 2) - 1;
  });
}

/** A prompt about `frames` frames; without frames, text alone. */
export function smallPrompt(seed: number, { frames = 1, size = 56, motion = false } = {}): PromptInput {
  if (frames === 0) return { inputIds: textIds(seed, 7) };
  return {
    inputIds: slotIds(seed, frames, size, motion),
    pixelValues: pixels(seed, frames, size),
    frames,
    imageSize: size,
  };
}

/** A prompt with more tokens behind it. */
export function extended<P extends PromptInput>(prompt: P, tokens: ArrayLike<number>): P {
  return { ...prompt, inputIds: Int32Array.from([...prompt.inputIds, ...Array.from(tokens)]) };
}

/** Calls `use` with an empty folder that is removed afterwards. */
export async function withFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "vqat-test-"));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Every weight of a model as its saved file holds it. */
export function weightsOf(model: SmallModel): Promise<Map<string, Tensor>> {
  return withFolder(async (dir) => {
    await model.save(dir, { dtype: "float32" });
    return readTensors(join(dir, "model.safetensors"));
  });
}
