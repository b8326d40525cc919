/** A checkpoint opened natively: generation, log-probabilities, clips, saving. Knows nothing of scores or rewards. */

import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.js";
import { checkImageSize, checkVisualTokens } from "../checkpoint/fit.js";
import { type ModelSettings, readSettings } from "../checkpoint/settings.js";
import { slotsOf } from "../checkpoint/slots.js";
import { checkInteger, checkNumber, checkOneOf, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { refuse } from "../core/refuse.js";
import type { MappedParameter } from "../layout/parameters.js";
import { findLibtorch } from "../libtorch/libtorch.js";
import type { Drawn, DType, ModelHandle } from "../native/binding.js";
import { nativeJob, nativeNow } from "../native/call.js";
import { bestDevice, lookAtCuda, requireCuda } from "../native/cuda.js";
import { requireNoCrash } from "../native/cuda-trial.js";
import { addonPath, openLoader } from "../native/loader.js";
import type { PromptSlots } from "../text/prompt.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { completionsOf, groupBatch, promptBatch, streamName } from "./batch.js";
import { openClip, withClips } from "./clip.js";
import { isDevice } from "./limits.js";
import { checkSampling } from "./sampling.js";
import { DTYPES, saveCheckpoint } from "./save.js";
import type {
  Clip,
  ClipPlan,
  GenerateOptions,
  GenerateOutput,
  LoadOptions,
  LogProbsOptions,
  Model,
  SaveOptions,
} from "./types.js";

/** What a model is made of. */
export interface OpenedWeights {
  readonly handle: ModelHandle;
  readonly checkpoint: Checkpoint;
  readonly settings: ModelSettings;
  readonly dtype: DType;
  /** Where it computes: "cpu" or "cuda". */
  readonly device: string;
}

export class NativeModel implements Model {
  readonly dir: string;
  readonly settings: ModelSettings;
  readonly hasMotion: boolean;
  readonly checkpoint: Checkpoint;
  readonly dtype: DType;
  readonly device: string;
  #handle: ModelHandle | null;

  constructor({ handle, checkpoint, settings, dtype, device }: OpenedWeights) {
    this.#handle = handle;
    this.dir = checkpoint.dir;
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.hasMotion = checkpoint.hasMotion;
    this.dtype = dtype;
    this.device = device;
  }

  get handle(): ModelHandle {
    if (this.#handle === null)
      throw new EngineError("E_DISPOSED", `the model of ${this.dir} was disposed of`);
    return this.#handle;
  }

  get tokenizer(): Tokenizer {
    const { tokenizer } = this.checkpoint;
    if (tokenizer !== null) return tokenizer;
    const expected = "tokenizer.json, or vocab.json with merges.txt and added_tokens.json";
    return refuse(this.dir, null, `expected ${expected}; found neither`);
  }

  visualTokens(size: number): number {
    return this.#slots(1, size).visualTokens;
  }

  slots(frames: number, size: number): PromptSlots {
    const slots = this.#slots(frames, size);
    checkVisualTokens(slots, size);
    return slots;
  }

  #slots(frames: number, size: number): PromptSlots {
    const { patch } = this.checkpoint.geometry.vision;
    checkImageSize(patch, size);
    return slotsOf(patch, frames, size, this.hasMotion);
  }

  openClip(path: string, plan: ClipPlan): Promise<Clip> {
    return openClip(path, plan);
  }

  async generate(options: GenerateOptions): Promise<GenerateOutput> {
    const { prompts, signal } = options;
    const samples = prompts.map((prompt, i) => checkInteger(`prompts[${i}].samples`, prompt.samples, 1));
    const sampling = checkSampling(options);
    return withClips(prompts, async (clips) => {
      const request = {
        prompts: promptBatch(prompts, clips),
        streams: BigUint64Array.from(prompts, ({ stream }) => streamName(stream)),
        samples: Int32Array.from(samples),
        ...sampling,
        endTokens: Int32Array.from(this.checkpoint.endTokens),
        suppress: Int32Array.from(options.suppress ?? []),
      };
      const result = await nativeJob(signal, (native, job) => native.generate(this.handle, request, job));
      return { groups: completionsOf(result, samples) };
    });
  }

  async logProbs(options: LogProbsOptions): Promise<Float32Array[]> {
    const temperature = checkNumber(
      "temperature",
      options.temperature ?? 1,
      Number.MIN_VALUE,
      Number.MAX_VALUE,
    );
    return withClips([options.prompt], async (clips) => {
      const groups = groupBatch([options], clips);
      const flat = await nativeJob(options.signal, (native, job) =>
        native.logProbs(this.handle, { groups, temperature }, job),
      );
      return options.completions.map((_, i) => flat.slice(groups.offsets[i], groups.offsets[i + 1]));
    });
  }

  async save(dir: string, options: SaveOptions = {}): Promise<void> {
    await saveCheckpoint(this.handle, this.checkpoint, dir, {
      ...options,
      dtype: options.dtype ?? this.dtype,
    });
  }

  dispose(): void {
    if (this.#handle === null) return;
    const handle = this.#handle;
    nativeNow((native) => native.closeModel(handle));
    this.#handle = null;
  }
}

/**
 * Opens a checkpoint folder. Nothing native is touched before every tensor is named and placed.
 *
 * @throws {EngineError} E_FORMAT for a checkpoint that does not fit; E_UNAVAILABLE for a device that is not there;
 *   E_NO_LIBTORCH, E_TORCH_VERSION; E_OPTION.
 */
export async function openModel(dir: string, options: LoadOptions = {}): Promise<NativeModel> {
  return new NativeModel(await openWeights(dir, options));
}

/**
 * As openModel, for a model of a kind of its own.
 *
 * @param drawn  the range of a parameter whose values are drawn on the device instead of read: for benches, whose weights
 *   need no meaning and no file.
 */
export async function openWeights(
  dir: string,
  options: LoadOptions,
  drawn?: (parameter: MappedParameter) => Drawn,
): Promise<OpenedWeights> {
  const dtype = checkOneOf("dtype", options.dtype ?? "float32", DTYPES);
  const asked = options.device ?? "cpu";
  if (!isDevice(asked)) throw optionError("device", "auto, cpu or cuda", asked);
  const threads = options.threads === undefined ? null : checkInteger("threads", options.threads, 1);
  const checkpoint = await readCheckpoint(dir, { slowfast: options.slowfast });
  const settings = await readSettings(dir);
  if (wakesDriver(asked)) requireNoCrash(asked);
  if (threads !== null) nativeNow((native) => native.setThreads(threads));
  const device = chooseDevice(asked);
  const { geometry, survey } = checkpoint;
  const parameters =
    drawn === undefined
      ? checkpoint.parameters
      : survey.mapped.map((entry) => ({
          name: entry.parameter,
          shape: entry.shape,
          sources: [],
          drawn: drawn(entry),
        }));
  const bytes = parameters.flatMap(({ sources }) => sources).reduce((sum, s) => sum + s.end - s.begin, 0);
  const { onProgress } = options;
  const handle = await nativeJob(
    undefined,
    (native, job) => native.openModel({ geometry, parameters, device, dtype }, job),
    onProgress === undefined ? undefined : (done) => onProgress(done, bytes),
  );
  onProgress?.(bytes, bytes);
  return { handle, checkpoint, settings, dtype, device };
}

/** @throws {EngineError} E_UNAVAILABLE for a card that was asked for and cannot be used. */
function chooseDevice(asked: string): string {
  // Without one that libtorch sees nobody need ask the driver.
  if (asked === "auto" && nativeNow((native) => !native.info().cuda)) return "cpu";
  if (asked !== "auto" && !isCard(asked)) return asked;
  const facts = nativeNow((native) => lookAtCuda(addonPath(), native));
  if (asked === "auto") return bestDevice(facts);
  requireCuda(asked, facts);
  return asked;
}

/** The native side explains another number than 0. */
function isCard(device: string): boolean {
  return /^cuda(:0)?$/.test(device);
}

/** Whether opening libtorch may wake a driver on behalf of this device. */
function wakesDriver(asked: string): boolean {
  return isCard(asked) || (asked === "auto" && findLibtorch(openLoader(addonPath()).builtFor).cuda);
}

/** The native model behind the interface. */
export function nativeModel(model: Model): NativeModel {
  if (model instanceof NativeModel) return model;
  throw new EngineError("E_OPTION", "model: expected one from loadModel()");
}
