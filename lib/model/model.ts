/** A checkpoint opened natively: generation, log-probabilities, clips, saving. Knows nothing of scores or rewards. */

import type { HeldAdapter } from "../adapter/read.js";
import { checkInteger, checkNumber, checkOneOf, checkPath, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import type { MappedParameter } from "../layout/parameters.js";
import type { Drawn, DType, ModelHandle, TrainablePart } from "../native/binding.js";
import { nativeJob, nativeNow } from "../native/call.js";
import { type AdapterBase, type BaseParts, isAdapterFolder } from "./adapter-folder.js";
import { completionsOf, groupBatch, promptBatch, streamName } from "./batch.js";
import { openClip, withClips } from "./clip.js";
import { checkDevice, chooseDevice, prepareDevice } from "./device.js";
import { checkSampling } from "./sampling.js";
import { DTYPES, saveCheckpoint } from "./save.js";
import { ModelShape, type ReadCheckpoint, readFolder } from "./shape.js";
import { sideBySide } from "./turns.js";
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

const SAVE_OPTIONS: Names<SaveOptions> = { dtype: true, layout: true, maxShardBytes: true };

/** What a model is made of. */
export interface OpenedWeights extends ReadCheckpoint {
  readonly handle: ModelHandle;
  readonly dtype: DType;
  /** Where it computes: "cpu" or "cuda". */
  readonly device: string;
}

export class NativeModel extends ModelShape implements Model {
  readonly dtype: DType;
  readonly device: string;
  readonly settingsDir: string;
  readonly parts: BaseParts;
  adapter: string | undefined;
  /** Set by those who put one on the weights or merge it into them. */
  held: (HeldAdapter & { readonly base: AdapterBase | null }) | null = null;
  /** Parts whose weights are no longer those of the checkpoint's files, and whether an adapter is merged into some. */
  readonly changed = new Set<TrainablePart | "merged">();
  #handle: ModelHandle | null;

  constructor({ handle, dtype, device, ...read }: OpenedWeights) {
    super(read);
    this.#handle = handle;
    this.dtype = dtype;
    this.device = device;
    this.settingsDir = read.settingsDir;
    this.parts = read.parts;
    if (read.folderAdapter === null) return;
    const { dir, settings, modules, base, projector } = read.folderAdapter;
    this.adapter = dir;
    this.held = { settings, modules, base };
    if (projector.length > 0) this.changed.add("motionProjector");
  }

  get handle(): ModelHandle {
    if (this.#handle === null)
      throw new EngineError("E_DISPOSED", `the model of ${this.dir} was disposed of`);
    return this.#handle;
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
    checkPath("dir", dir);
    checkOptions(options, SAVE_OPTIONS);
    if (this.held !== null) {
      const hint = "saveAdapter writes it alone, mergeAdapter makes it part of the weights";
      throw optionError("model", "one without an adapter", this.dir, hint);
    }
    await sideBySide(this, async () => {
      await refuseAdapterFolder(dir);
      await saveCheckpoint(this.handle, this.checkpoint, dir, {
        ...options,
        dtype: options.dtype ?? this.dtype,
        settingsDir: this.settingsDir,
      });
    });
  }

  dispose(): void {
    if (this.#handle === null) return;
    const handle = this.#handle;
    nativeNow((native) => native.closeModel(handle));
    this.#handle = null;
  }
}

/** What loads from a folder of both would be neither. */
async function refuseAdapterFolder(dir: string): Promise<void> {
  if (await isAdapterFolder(dir)) throw optionError("dir", "a folder without an adapter", dir);
}

/**
 * Opens a checkpoint folder, or an adapter folder with its base. Nothing native is touched before every tensor is named and placed.
 *
 * @throws {EngineError} E_FORMAT for a checkpoint that does not fit; E_UNAVAILABLE for a device that is not there;
 *   E_NO_LIBTORCH, E_TORCH_VERSION; E_OPTION.
 */
export async function openModel(dir: string, options: LoadOptions = {}): Promise<NativeModel> {
  return new NativeModel(await openWeights(dir, options));
}

/** What else happens while weights are opened. */
interface Opening {
  /**
   * The range of a parameter whose values are drawn on the device instead of read: for benches, whose weights need no
   * meaning and no file.
   */
  readonly drawn?: ((parameter: MappedParameter) => Drawn) | undefined;
  /** May refuse what the folder's files say, before libtorch is looked for and a weight is read. */
  readonly look?: ((read: ReadCheckpoint) => Promise<void>) | undefined;
}

/** As openModel, for a model of a kind of its own; throws what `look` throws, too. */
export async function openWeights(
  dir: string,
  options: LoadOptions,
  { drawn, look }: Opening = {},
): Promise<OpenedWeights> {
  const dtype = checkOneOf("dtype", options.dtype ?? "float32", DTYPES);
  const asked = options.device ?? "cpu";
  checkDevice(asked);
  const threads = options.threads === undefined ? null : checkInteger("threads", options.threads, 1);
  const read = await readFolder(dir, options);
  await look?.(read);
  const { checkpoint, folderAdapter } = read;
  prepareDevice(asked);
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
  if (folderAdapter !== null)
    await nativeJob(undefined, (native, job) => native.addAdapters(handle, folderAdapter.specs, job)).catch(
      (error: unknown) => {
        nativeNow((native) => native.closeModel(handle));
        throw error;
      },
    );
  onProgress?.(bytes, bytes);
  return { ...read, handle, dtype, device };
}

/** The native model behind the interface. */
export function nativeModel(model: Model): NativeModel {
  if (model instanceof NativeModel) return model;
  throw new EngineError("E_OPTION", "model: expected one from loadModel()");
}
