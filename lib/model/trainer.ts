/** Training steps on a model: losses, gradients, updates, all native; here only shapes and options. */
import { join } from "node:path";
import { CONFIG_FILE, readAdapterConfig } from "../adapter/config.js";
import { checkInteger, checkNumber, checkOneOf, checkPath, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { checkObject, checkOptions, type Names } from "../core/known-options.js";
import { refuse, shown } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import type { TensorSource, TrainablePart, TrainerHandle } from "../native/binding.js";
import { nativeJob, nativeNow } from "../native/call.js";
import { MICRO_TOKENS } from "../native/training.js";
import { readSafetensorsHeader } from "../weights/safetensors.js";
import { adapterOf } from "./adapter.js";
import { groupBatch, streamName } from "./batch.js";
import { withClips } from "./clip.js";
import { checkMasters, checkRated, LEAST_EPSILON, OPTIMIZER_STATES } from "./limits.js";
import { lossOf } from "./loss.js";
import { type NativeModel, nativeModel } from "./model.js";
import type {
  Clip,
  Model,
  OptimizerOptions,
  StepMetrics,
  StepOptions,
  Trainer,
  TrainerOptions,
} from "./types.js";

export const TRAINER_FILE = "trainer.safetensors";

const PARTS: readonly TrainablePart[] = [
  "vision",
  "projector",
  "language",
  "motionProjector",
  "motion",
  "adapters",
];
const OPTIMIZER: Names<OptimizerOptions> = {
  beta1: true,
  beta2: true,
  epsilon: true,
  weightDecay: true,
  decays: true,
  states: true,
  masters: true,
};
const TRAINER: Names<TrainerOptions> = {
  trainable: true,
  optimizer: true,
  reference: true,
  regressionOutputs: true,
  regressionStream: true,
  recompute: true,
  microTokens: true,
  microVideos: true,
};
const DECAYS = ["weights", "all"] as const;
/** A moment that forgets nothing has no bias correction: AdamW divides by 1 − βᵗ. */
const BELOW_ONE = 1 - Number.EPSILON;

function stateFile(dir: string): string {
  return join(checkPath("dir", dir), TRAINER_FILE);
}

class NativeTrainer implements Trainer {
  #handle: TrainerHandle | null;
  readonly #model: NativeModel;
  readonly #parts: readonly TrainablePart[];

  constructor(handle: TrainerHandle, model: NativeModel, parts: readonly TrainablePart[]) {
    this.#handle = handle;
    this.#model = model;
    this.#parts = parts;
  }

  get #live(): TrainerHandle {
    if (this.#handle === null) throw new EngineError("E_DISPOSED", "the trainer was disposed of");
    return this.#handle;
  }

  async step(options: StepOptions): Promise<StepMetrics> {
    const { groups, signal } = options;
    const request = {
      ...lossOf(options),
      temperature: checkNumber("temperature", options.temperature ?? 1, Number.MIN_VALUE, Number.MAX_VALUE),
      learningRate: checkNumber("learningRate", options.learningRate, 0, Number.MAX_VALUE),
      learningRates: ratesOf(options, this.#parts),
      maxGradNorm:
        options.maxGradNorm === undefined ? Infinity : checkNumber("maxGradNorm", options.maxGradNorm, 0),
    };
    return withClips(
      groups.map(({ prompt }) => prompt),
      (clips) =>
        nativeJob(signal, (native, job) =>
          native.trainStep(this.#live, { ...request, groups: groupBatch(groups, clips) }, job),
        ),
    );
  }

  async save(dir: string): Promise<void> {
    const file = stateFile(dir);
    await nativeJob(undefined, (native, job) => native.saveTrainer(this.#live, file, job));
  }

  async load(dir: string): Promise<void> {
    const file = stateFile(dir);
    const { tensors, metadata } = await readSafetensorsHeader(file);
    // States of before there was a choice name neither.
    const { optimizer = "adamw", ranks = "1" } = metadata;
    const numbers = { steps: Number(metadata.steps), ranks: Number(ranks) };
    for (const [name, value] of Object.entries(numbers))
      if (!Number.isSafeInteger(value) || value < 0)
        refuse(file, null, `expected a trainer's state with its ${name}, found ${name} ${metadata[name]}`);
    const state = tensors.map(({ name, shape, begin, end, dtype }) => ({
      name,
      shape,
      // The engine refuses a type that it does not store.
      sources: [{ file, begin, end, dtype: dtype as TensorSource["dtype"] }],
    }));
    await checkSameAdapter(this.#model, dir);
    await nativeJob(undefined, (native, job) =>
      native.loadTrainer(this.#live, { ...numbers, optimizer, tensors: state }, job),
    ).catch((cause: unknown) => {
      throw misfit(cause, file);
    });
  }

  dispose(): void {
    if (this.#handle === null) return;
    const handle = this.#handle;
    this.#handle = null;
    nativeNow((native) => native.closeTrainer(handle));
  }
}

/** Of each part in turn; none where all have `learningRate`. */
function ratesOf({ learningRate, learningRates }: StepOptions, parts: readonly TrainablePart[]) {
  if (learningRates === undefined) return new Float64Array();
  checkObject("learningRates", learningRates);
  checkRated(learningRates, parts);
  for (const [part, rate] of Object.entries(learningRates))
    if (rate !== undefined) checkNumber(`learningRates.${part}`, rate, 0, Number.MAX_VALUE);
  return Float64Array.from(parts, (part) => learningRates[part] ?? learningRate);
}

/** The engine's words for a state that is not of this trainer, which is a whole file all the same. */
const OF_ANOTHER = /^trainer state: (?!.*not finite)/s;

const SAME_TRAINER =
  "a state goes on in a trainer of the same parts, optimizer and adapter as it was saved from";

function misfit(cause: unknown, file: string): unknown {
  if (!(cause instanceof EngineError) || cause.code !== "E_FORMAT" || !OF_ANOTHER.test(cause.message))
    return cause;
  const message = `${cause.message}; ${SAME_TRAINER}`;
  return new EngineError("E_FORMAT", message, {
    details: { ...cause.details, file, ofAnother: true },
    cause,
  });
}

/** PEFT writes names of layers in any order. */
const unordered = (value: unknown) => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);

/** Where the state lies beside its adapter: shapes alone do not tell one from another. */
async function checkSameAdapter({ held }: NativeModel, dir: string): Promise<void> {
  const file = join(dir, CONFIG_FILE);
  if (held === null || !(await isFile(file))) return;
  const [own, stored] = [held.settings, await readAdapterConfig(file)];
  for (const key of ["rank", "alpha", "rslora", "dora", "targets", "rankPattern", "alphaPattern"] as const) {
    if (unordered(own[key]) === unordered(stored[key])) continue;
    const message = `${file}: the state's adapter has ${key} ${shown(stored[key])}, this trainer's ${shown(own[key])}; ${SAME_TRAINER}`;
    throw new EngineError("E_FORMAT", message, { details: { file, key, ofAnother: true } });
  }
}

function checkTrainable(native: NativeModel): void {
  const { dropout } = adapterOf(native).settings;
  if (dropout === 0) return;
  const hint = "loadAdapter(model, dir, { dropout: 0 }) takes it without";
  throw optionError("trainable", "adapters without lora_dropout, which is not computed here", dropout, hint);
}

/**
 * Opens a trainer; a model has at most one at a time, and is disposed of after it.
 *
 * @throws {EngineError} E_OPTION; E_ARGUMENT when the checkpoint has no such part; E_BUSY when the model has a trainer.
 */
export async function openTrainer(model: Model, options: TrainerOptions): Promise<Trainer> {
  const native = nativeModel(model);
  checkOptions(options, TRAINER);
  const { optimizer = {} } = options;
  checkOptions(optimizer, OPTIMIZER, "optimizer");
  if (!Array.isArray(options.trainable)) throw optionError("trainable", "a list of parts", options.trainable);
  if (options.trainable.includes("adapters")) checkTrainable(native);
  const spec = {
    trainable: options.trainable.map((part, i) => checkOneOf(`trainable[${i}]`, part, PARTS)),
    optimizer: {
      kind: "adamw" as const,
      beta1: checkNumber("optimizer.beta1", optimizer.beta1 ?? 0.9, 0, BELOW_ONE),
      beta2: checkNumber("optimizer.beta2", optimizer.beta2 ?? 0.999, 0, BELOW_ONE),
      epsilon: checkNumber("optimizer.epsilon", optimizer.epsilon ?? 1e-8, LEAST_EPSILON, Number.MAX_VALUE),
      weightDecay: checkNumber("optimizer.weightDecay", optimizer.weightDecay ?? 0, 0, Number.MAX_VALUE),
      decays: checkOneOf("optimizer.decays", optimizer.decays ?? "weights", DECAYS),
      states: checkOneOf("optimizer.states", optimizer.states ?? "float32", OPTIMIZER_STATES),
      masters: checkMasters(optimizer.masters ?? true, native.dtype),
    },
    reference: options.reference ?? false,
    regressionOutputs: checkInteger("regressionOutputs", options.regressionOutputs ?? 0, 0),
    regressionStream: streamName(options.regressionStream ?? "pooled head"),
    recompute: options.recompute ?? false,
    microTokens: checkInteger("microTokens", options.microTokens ?? MICRO_TOKENS, 1),
    microVideos: options.microVideos === undefined ? 0 : checkInteger("microVideos", options.microVideos, 1),
  };
  const handle = await nativeJob(undefined, (binding, job) => binding.openTrainer(native.handle, spec, job));
  for (const part of spec.trainable) if (part !== "adapters") native.changed.add(part);
  return new NativeTrainer(handle, native, spec.trainable);
}

/**
 * Sets SlowFast's running statistics to those measured on these clips, layer by layer: the fixed affine map that its
 * batch norm is from then on. For a motion net made from nothing only; a real one brings its statistics.
 *
 * @param clips  of one shape.
 */
export async function calibrateMotion(model: Model, clips: readonly Clip[]): Promise<void> {
  const native = nativeModel(model);
  const { handle } = native;
  await withClips(
    clips.map((clip) => ({ inputIds: new Int32Array(), clip })),
    (handles) => {
      const present = handles.filter((one) => one !== null);
      // Before it is done: what is cut short may have set some of them.
      if (native.hasMotion) native.changed.add("motion");
      return nativeJob(undefined, (binding, job) => binding.calibrateMotion(handle, present, job));
    },
  );
}
