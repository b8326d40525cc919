/** What the programs for a device share: which device, inputs that need no video, rows, and waiting for what is timed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { uniform } from "../../lib/core/rng.js";
import { buildPrompt, type Model, type Prompt } from "../../lib/index.js";
import type { FamilyName } from "../../lib/layout/families.js";
import type { MappedParameter } from "../../lib/layout/parameters.js";
import { clipOfFrames, type NativeClip } from "../../lib/model/clip.js";
import { NativeModel, openWeights } from "../../lib/model/model.js";
import { cudaVersion } from "../../lib/native/cuda.js";
import { nativeBinding } from "../../lib/native/load.js";
import { addonPath, type CudaCard, openLoader } from "../../lib/native/loader.js";
import { makeHollowCheckpoint } from "../../lib/random-checkpoint/random-checkpoint.js";
import { rangeOf } from "../../lib/random-checkpoint/random-values.js";
import { machineFacts } from "../machine.js";

/** VQAT_BENCH_SHAPE=small runs the same programs on the tiny model: for checking the programs. */
export const SMALL = process.env["VQAT_BENCH_SHAPE"] === "small";

/** The device that is measured; VQAT_BENCH_DEVICE=cpu is for checking the programs. */
export const DEVICE = process.env["VQAT_BENCH_DEVICE"] ?? "cuda";

const TINY = join(packageRoot(), "assets", "tiny");

/** The parts that a policy trains by default. */
export const TRAINED = ["projector", "language", "motionProjector"] as const;

/** The card that is measured; undefined where a device has no NVIDIA driver. */
export function card(): CudaCard | undefined {
  return openLoader(addonPath()).cudaDriver().cards[0];
}

/** Versions of CUDA: the driver's, and those that libtorch and our kernels were built for. */
function cudaFacts(): Readonly<Record<string, unknown>> {
  const driver = openLoader(addonPath()).cudaDriver();
  const [shown] = driver.cards;
  if (shown === undefined) return { device: `${DEVICE}, no card` };
  const { torch, kernels } = nativeBinding().cudaBuild();
  return {
    device: shown.name,
    capability: `sm_${shown.major}${shown.minor}`,
    cudaDriver: cudaVersion(driver.version),
    cudaTorch: cudaVersion(torch),
    cudaKernels: cudaVersion(kernels),
  };
}

/** Prints one measurement as a JSON line. */
export function row(what: string, facts: Readonly<Record<string, unknown>>): void {
  const small = SMALL ? { shape: "small" } : {};
  console.log(JSON.stringify({ what, ...small, ...facts, ...cudaFacts(), ...machineFacts() }));
}

/** A piece of noise; frames are made of it, each beginning somewhere else. */
const NOISE = Uint8Array.from({ length: 1 << 16 }, (_, i) => Math.floor(256 * uniform(7n, i, 0)));
const STRIDE = 9973;

/** Frames of noise, the same for the same seed. */
export function noiseClip(frames: number, size: number, seed: number): Promise<NativeClip> {
  const pictures = Array.from({ length: frames }, (_, frame) => ({
    rgb: Uint8Array.from(
      { length: 3 * size ** 2 },
      (_, i) => NOISE[(i + STRIDE * (frame + 64 * seed) + (i >>> 16)) & (NOISE.length - 1)] ?? 0,
    ),
    width: size,
    height: size,
  }));
  return clipOfFrames(
    pictures,
    size,
    Float64Array.from(pictures, (_, frame) => frame),
  );
}

export function promptOf(model: Model & Pick<NativeModel, "slots">, clip: NativeClip, samples = 1): Prompt {
  return {
    inputIds: buildPrompt(model.tokenizer, model.settings.prompt, model.slots(clip.frames, clip.size)),
    clip,
    stream: "bench",
    samples,
  };
}

/** What the timed models compute in. */
export const DTYPE = "bfloat16";

/** What a row calls the model that openDrawn opens. */
export function nameOf(like: FamilyName): string {
  return SMALL ? "tiny" : like;
}

/** A model of a published size whose weights are drawn on the device, so that no file holds them. Small: the tiny one. */
export async function openDrawn(like: FamilyName, layers: number): Promise<NativeModel> {
  const folder = await mkdtemp(join(tmpdir(), "vqat-drawn-"));
  try {
    const dir = SMALL ? TINY : join(folder, "model");
    if (!SMALL) await makeHollowCheckpoint(dir, { like, layers });
    const drawn = ({ tensors, shape }: MappedParameter) => {
      const { mean, spread } = rangeOf(tensors[0]?.name ?? "", tensors[0]?.shape ?? shape);
      return { low: mean - spread, high: mean + spread };
    };
    return new NativeModel(await openWeights(dir, { device: DEVICE, dtype: DTYPE }, { drawn }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds that some work takes, once it was done before: median of `times`. */
export async function median(work: () => Promise<unknown>, times = 3): Promise<number> {
  await work();
  const seconds: number[] = [];
  for (let i = 0; i < times; i++) seconds.push(await once(work));
  return seconds.sort((a, b) => a - b)[times >> 1] ?? Number.NaN;
}

export async function once(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Answers of ids that no end token is among. */
export function answersOf(count: number, tokens: number): Int32Array[] {
  return Array.from({ length: count }, (_, k) =>
    Int32Array.from({ length: tokens }, (_, t) => 1 + ((7 * k + t) % 90)),
  );
}

/** Better and worse ones by turns. */
export function advantagesOf(count: number): number[] {
  return Array.from({ length: count }, (_, k) => (k % 2 === 0 ? 1 : -1));
}
