/**
 * Second entry, `vqathinker/inspect`: numbers to compare with another program's, on small inputs.
 *
 * @module vqathinker/inspect
 */
import { EngineError } from "./core/errors.js";
import { promptBatch } from "./model/batch.js";
import { openClip, withClips } from "./model/clip.js";
import { nativeModel } from "./model/model.js";
import type { ClipPlan, Model, PromptInput } from "./model/types.js";
import { nativeJob, nativeNow } from "./native/call.js";

/** A tensor copied out, row by row. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Logits [tokens, vocabulary] after every token of a prompt, float32. */
export function logits(model: Model, prompt: PromptInput): Promise<Tensor> {
  return withClips([prompt], async (clips) => {
    const found = await nativeJob(undefined, (native, job) =>
      native.logits(nativeModel(model).handle, promptBatch([prompt], clips), job),
    );
    return { data: found.data, shape: [found.tokens, found.vocabulary] };
  });
}

/**
 * Mean cross-entropy of wanted next tokens, and its gradient for every tensor of the checkpoint (running statistics of
 * batch norm excepted), under the names and shapes of the loaded file.
 *
 * @param prompt.targets  [tokens]: the id wanted after position i, −100 for none; at least one is wanted.
 * @throws {EngineError} E_BUSY while a trainer is open on the model; E_ARGUMENT.
 */
export function gradients(
  model: Model,
  prompt: PromptInput & { readonly targets: Int32Array },
): Promise<{ loss: number; gradients: Record<string, Tensor> }> {
  const { handle, checkpoint } = nativeModel(model);
  return withClips([prompt], async (clips) => {
    const request = { prompts: promptBatch([prompt], clips), targets: prompt.targets };
    const found = await nativeJob(undefined, (native, job) => native.gradients(handle, request, job));
    const named: Record<string, Tensor> = {};
    for (const { name, shape, parameter, rowBegin, rowEnd } of checkpoint.saved) {
      const whole = found.gradients[parameter];
      const rows = checkpoint.parameters.find((one) => one.name === parameter)?.shape[0];
      if (whole === undefined || rows === undefined) continue;
      const width = whole.length / rows;
      named[name] = { data: whole.slice(rowBegin * width, rowEnd * width), shape };
    }
    return { loss: found.loss, gradients: named };
  });
}

/** The pooled SlowFast feature [width], before `motion_mlp`. */
export function motionFeature(
  model: Model,
  pixels: { readonly pixelValues: Float32Array; readonly frames: number; readonly imageSize: number },
): Promise<Tensor> {
  const { handle } = nativeModel(model);
  return withClips([{ inputIds: new Int32Array(), ...pixels }], async ([clip]) => {
    if (clip === undefined || clip === null)
      throw new EngineError("E_OPTION", "pixelValues: expected frames, found none");
    const data = await nativeJob(undefined, (native, job) => native.motionFeature(handle, [clip], job));
    return { data, shape: [data.length] };
  });
}

/** RGB bytes [height, width, 3] → [outHeight, outWidth, 3], byte-equal to Pillow's bicubic. */
export function resize(
  rgb: Uint8Array,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
): Uint8Array {
  return nativeNow((native) => native.resizeFrame(rgb, width, height, outWidth, outHeight));
}

/** Bytes of tensors on the CPU, counted from the first call on in this process; `peakBytes` is the most since the last. */
export function tensorMemory(): { readonly bytes: number; readonly peakBytes: number } {
  return nativeNow((native) => native.tensorMemory());
}

/** The bytes [frames, size, size, 3] that a model would see of a video, and the frames' times in seconds. */
export async function clip(
  path: string,
  plan: ClipPlan,
): Promise<{ pixels: Uint8Array; shape: readonly number[]; frameTimes: Float64Array }> {
  const opened = await openClip(path, plan);
  try {
    const { frames, size, frameTimes } = opened;
    return { pixels: opened.read(), shape: [frames, size, size, 3], frameTimes };
  } finally {
    opened.dispose();
  }
}
