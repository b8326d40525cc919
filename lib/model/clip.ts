/** The frames of one video, held natively: opened from a file, from normalised pixels, or from another clip. */
import { resolve } from "node:path";
import { checkPath } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import type { ClipHandle } from "../native/binding.js";
import { nativeJob, nativeNow } from "../native/call.js";
import {
  checkGroups,
  checkMosaic,
  type Fragments,
  isWhole,
  mosaic,
  withoutRoom,
} from "../video/fragments.js";
import { cutOf, planFrames } from "../video/frame-plan.js";
import { openFrames } from "../video/frames.js";
import { mediaError } from "../video/media-file.js";
import type { Picture } from "../video/picture.js";
import { isStill, readStill } from "../video/still.js";
import type { Clip, ClipPlan, PromptInput } from "./types.js";

const CLIP_PLAN: Names<ClipPlan> = {
  frames: true,
  size: true,
  sampling: true,
  fragments: true,
  signal: true,
};

export class NativeClip implements Clip {
  readonly frames: number;
  readonly size: number;
  readonly frameTimes: Float64Array;
  readonly notice: string | undefined;
  #handle: ClipHandle | null;

  constructor(handle: ClipHandle, size: number, frameTimes: Float64Array, notice?: string) {
    this.#handle = handle;
    this.notice = notice;
    this.frames = frameTimes.length;
    this.size = size;
    this.frameTimes = frameTimes;
  }

  get handle(): ClipHandle {
    if (this.#handle === null) throw new EngineError("E_DISPOSED", "the clip was disposed of");
    return this.#handle;
  }

  perturb(indices: Int32Array): NativeClip {
    const handle = nativeNow((binding) => binding.perturbClip(this.handle, indices));
    const times = Float64Array.from(indices, (index) =>
      index < 0 ? Number.NaN : (this.frameTimes[index] as number),
    );
    return new NativeClip(handle, this.size, times, this.notice);
  }

  /** Bytes [frames, size, size, 3]. */
  read(): Uint8Array {
    return nativeNow((binding) => binding.readClip(this.handle));
  }

  dispose(): void {
    if (this.#handle === null) return;
    const handle = this.#handle;
    this.#handle = null;
    nativeNow((binding) => binding.closeClip(handle));
  }
}

/**
 * Probes a video, decodes the planned frames and resizes each to plan.size × plan.size (Pillow's bicubic, without
 * keeping the aspect ratio, as InternVL does with one tile). Of fragments each frame is the mosaic of its patches, but the
 * last, which is whole. A still image is all frames of the plan, at time 0.
 *
 * @throws {EngineError} E_MEDIA naming the file, also for frames without room for a patch; E_NO_FFMPEG; E_OPTION; the signal's reason after an abort.
 */
export async function openClip(path: string, plan: ClipPlan): Promise<NativeClip> {
  checkPath("path", path);
  checkOptions(plan, CLIP_PLAN, "plan");
  const cut = clipCut(plan);
  if (isStill(path)) return openStill(path, plan, cut);
  const { size: _, ...looked } = plan;
  const { frameTimes, notice, read } = await openFrames(path, looked);
  const clip = emptyClip(plan.frames, plan.size, frameTimes, notice);
  try {
    await read((position, rgb, width, height) =>
      writeFrame(clip, position, shownOf(path, { rgb, width, height }, position, plan, cut)),
    );
  } catch (error) {
    clip.dispose();
    throw error;
  }
  return clip;
}

/** @throws {EngineError} E_OPTION for a plan whose fragments do not fill its frames. */
function clipCut({ frames, size, sampling, fragments }: ClipPlan): Fragments | null {
  const cut = cutOf(sampling, fragments);
  if (cut === null) return null;
  checkGroups(frames, cut);
  checkMosaic(size, cut);
  return cut;
}

/** What a clip holds of the frame at a place of its plan. @throws {EngineError} E_MEDIA for one without room for a patch. */
function shownOf(
  path: string,
  frame: Picture,
  position: number,
  { frames, size }: ClipPlan,
  cut: Fragments | null,
): Picture {
  if (cut === null) return frame;
  const problem = withoutRoom(frame, cut);
  if (problem !== null) throw mediaError(resolve(path), problem);
  return isWhole(position, frames) ? frame : mosaic(frame, size, Math.floor(position / cut.neighbours), cut);
}

/** One picture for all places of a plan that show the same: all of them, or each group of fragments and the whole frame. */
async function openStill(path: string, plan: ClipPlan, cut: Fragments | null): Promise<NativeClip> {
  const { size, signal } = plan;
  signal?.throwIfAborted();
  const alike = cut?.neighbours ?? plan.frames;
  const repeats = planFrames(1, plan.frames, plan.sampling, plan.fragments).map((_, position) =>
    Math.floor(position / alike),
  );
  const image = await readStill(path);
  signal?.throwIfAborted();
  const pictures = Array.from({ length: (repeats.at(-1) ?? 0) + 1 }, (_, i) =>
    shownOf(path, image, i * alike, plan, cut),
  );
  const each = await clipOfFrames(pictures, size, new Float64Array(pictures.length));
  try {
    return each.perturb(repeats);
  } finally {
    each.dispose();
  }
}

/** A clip of frames that are in memory, resized to size × size. */
export async function clipOfFrames(
  frames: readonly Picture[],
  size: number,
  frameTimes: Float64Array,
): Promise<NativeClip> {
  const clip = emptyClip(frames.length, size, frameTimes);
  try {
    await Promise.all(frames.map((frame, index) => writeFrame(clip, index, frame)));
  } catch (error) {
    clip.dispose();
    throw error;
  }
  return clip;
}

function writeFrame(clip: NativeClip, index: number, { rgb, width, height }: Picture): Promise<void> {
  return nativeJob(undefined, (native, job) =>
    native.writeFrame(clip.handle, index, rgb, width, height, job),
  );
}

/** @param frameTimes  default: of empty frames. */
function emptyClip(frames: number, size: number, frameTimes?: Float64Array, notice?: string): NativeClip {
  const handle = nativeNow((binding) => binding.openClip({ frames, size }));
  return new NativeClip(handle, size, frameTimes ?? new Float64Array(frames).fill(Number.NaN), notice);
}

/** Calls `use` with the native clips of these prompts; clips made of pixelValues live for the call only. */
export async function withClips<T>(
  prompts: readonly PromptInput[],
  use: (clips: (ClipHandle | null)[]) => Promise<T>,
): Promise<T> {
  const made: NativeClip[] = [];
  try {
    const clips = prompts.map((prompt, i) => {
      const clip = clipOf(prompt, i);
      if (clip === null) return null;
      if (prompt.clip === undefined) made.push(clip);
      return clip.handle;
    });
    return await use(clips);
  } finally {
    for (const clip of made) clip.dispose();
  }
}

function clipOf(prompt: PromptInput, index: number): NativeClip | null {
  const { clip, pixelValues } = prompt;
  const wrong = (expected: string): never => {
    throw new EngineError("E_OPTION", `prompts[${index}]: ${expected}`, { details: { prompt: index } });
  };
  if (clip !== undefined) {
    if (pixelValues !== undefined) wrong("expected a clip or pixelValues, found both");
    if (!(clip instanceof NativeClip)) return wrong("clip: expected one from openClip() or perturb()");
    return clip;
  }
  if (pixelValues === undefined) return null;
  return clipOfPixels(pixelValues, prompt.frames, prompt.imageSize, wrong);
}

function clipOfPixels(
  pixelValues: Float32Array,
  frames: number | undefined,
  size: number | undefined,
  wrong: (expected: string) => never,
): NativeClip {
  if (frames === undefined || size === undefined) return wrong("pixelValues need frames and imageSize");
  const expected = frames * 3 * size * size;
  if (pixelValues.length !== expected)
    wrong(
      `pixelValues: expected ${frames} x 3 x ${size} x ${size} = ${expected} values, found ${pixelValues.length}`,
    );
  const clip = emptyClip(frames, size);
  nativeNow((binding) => binding.writePixels(clip.handle, pixelValues));
  return clip;
}
