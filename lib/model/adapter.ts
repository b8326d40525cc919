/** Low-rank adapters on an opened model: made, read from PEFT's folder, written to one, merged into the weights. */
import { join, resolve } from "node:path";
import {
  type AdaptedModule,
  type AdapterSettings,
  adaptedModules,
  CONFIG_FILE,
  writtenConfig,
} from "../adapter/config.js";
import { linearModules, targetedModules } from "../adapter/modules.js";
import { type HeldAdapter, readAdapter } from "../adapter/read.js";
import { WEIGHTS_FILE, writtenAdapters } from "../adapter/tensors.js";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { checkFlag, checkInteger, checkNumber, checkPath, optionError } from "../core/check.js";
import { makeFolder } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { streamOf } from "../core/rng.js";
import type { AdapterSpec } from "../native/binding.js";
import { nativeJob } from "../native/call.js";
import { streamName } from "./batch.js";
import { type NativeModel, nativeModel } from "./model.js";
import type { Model } from "./types.js";

/** A new low-rank adapter: where, how large, of which kind. */
export interface AdapterOptions {
  /**
   * Linear layers by PEFT's `target_modules`: names that module paths of transformers 5 end with, or whole paths; a text is
   * a regular expression of a whole path, or "all-linear".
   */
  readonly targets: readonly string[] | string;
  /** r ≥ 1, at most the smaller side of each layer's matrix. */
  readonly rank: number;
  /** Above 0. B·A is multiplied by alpha / rank. Default: twice the rank. */
  readonly alpha?: number | undefined;
  /** alpha / √rank instead (rsLoRA, Kalajdzievski 2023, equation 2). Default false. */
  readonly rslora?: boolean | undefined;
  /** A magnitude for each row beside its direction (DoRA, Liu et al. 2024, equation 5). Default false. */
  readonly dora?: boolean | undefined;
  /** Names the random start of A; B starts at 0. */
  readonly stream?: bigint | string | undefined;
}
const NAMES: Names<AdapterOptions> = {
  targets: true,
  rank: true,
  alpha: true,
  rslora: true,
  dora: true,
  stream: true,
};

/** How an adapter of PEFT's is taken. */
export interface LoadAdapterOptions {
  /** In place of the config's lora_dropout: 0 to train on without it. */
  readonly dropout?: 0 | undefined;
}

const LOAD_NAMES: Names<LoadAdapterOptions> = { dropout: true };

/** Models that one of these calls works on: what it says of a model must still be so when it is done. */
const working = new WeakSet<NativeModel>();

async function alone<T>(native: NativeModel, work: () => Promise<T>): Promise<T> {
  if (working.has(native))
    throw new EngineError("E_BUSY", "another call works on this model's adapter; await it first");
  working.add(native);
  try {
    return await work();
  } finally {
    working.delete(native);
  }
}

/**
 * Puts a new adapter on a model, which changes nothing that it computes yet; `openTrainer` trains it as the part "adapters",
 * with the model without it as reference.
 *
 * @throws {EngineError} E_OPTION naming a target that no layer has, a rank above a matrix's, or where the model has one; E_BUSY
 *   while the model has a trainer.
 */
export async function addAdapter(model: Model, options: AdapterOptions): Promise<void> {
  checkOptions(options, NAMES);
  const native = freeModel(model);
  const all = linearModules(native.checkpoint.survey.config);
  const targeted = targetedModules(all, options.targets, (place, expected, found, hint) =>
    optionError(`targets${place}`, expected, found, hint),
  );
  const rank = checkInteger("rank", options.rank, 1);
  const settings: AdapterSettings = {
    rank,
    alpha: checkNumber("alpha", options.alpha ?? 2 * rank, Number.MIN_VALUE, Number.MAX_VALUE),
    rslora: checkFlag("rslora", options.rslora ?? false),
    dora: checkFlag("dora", options.dora ?? false),
    targets: targeted.map(({ path }) => path),
    dropout: 0,
    rankPattern: {},
    alphaPattern: {},
    base: resolve(model.dir),
  };
  const stream = streamName(options.stream ?? "adapter");
  const modules = adaptedModules(settings, targeted, "");
  const specs = modules.map((module) => started(module, settings.dora, stream));
  await alone(native, () => put(native, { settings, modules }, specs));
}

/** As PEFT starts one: A uniform within 1 / √columns (He et al. 2015 with a = √5), B at 0. */
function started(module: AdaptedModule, hasMagnitude: boolean, stream: bigint): AdapterSpec {
  const { weight, firstRow, rows, columns, path, rank, scale } = module;
  if (rank > Math.min(rows, columns))
    throw optionError("rank", `at most ${Math.min(rows, columns)}, the rank of ${path}`, rank);
  const bound = 1 / Math.sqrt(columns);
  const start = { stream: streamOf(stream, path), low: -bound, high: bound };
  return {
    weight,
    firstRow,
    a: { name: `${path}.a`, shape: [rank, columns], sources: [], start },
    b: { name: `${path}.b`, shape: [rows, rank], sources: [], start: { stream: 0n, low: 0, high: 0 } },
    scale,
    hasMagnitude,
  };
}

/**
 * Puts an adapter of PEFT's folder on a model: adapter_config.json and adapter_model.safetensors.
 *
 * @throws {EngineError} E_FORMAT naming the key or tensor that would have no effect, another one, or that is of another base
 *   model; E_OPTION where the model has an adapter; E_BUSY while it has a trainer.
 */
export async function loadAdapter(
  model: Model,
  dir: string,
  options: LoadAdapterOptions = {},
): Promise<void> {
  checkOptions(options, LOAD_NAMES);
  const { dropout } = options;
  if (dropout !== undefined && dropout !== 0) throw optionError("dropout", "0", dropout);
  checkPath("dir", dir);
  const native = freeModel(model);
  await alone(native, async () => {
    const { settings, modules, specs } = await readAdapter(dir, native.checkpoint.survey.config);
    const held = { modules, settings: { ...settings, dropout: dropout ?? settings.dropout } };
    await put(native, held, specs);
  });
}

/**
 * Writes the model's adapter as PEFT does, in float32: weights first, adapter_config.json last.
 *
 * @throws {EngineError} E_OPTION where the model has none, and for what is no path; E_FORMAT naming the file that cannot be
 *   written.
 */
export async function saveAdapter(model: Model, dir: string): Promise<void> {
  checkPath("dir", dir);
  const native = nativeModel(model);
  const { settings, modules } = adapterOf(native);
  await alone(native, async () => {
    await makeFolder(dir);
    const tensors = writtenAdapters(modules, settings);
    const spec = { path: join(dir, WEIGHTS_FILE), dtype: "float32" as const, tensors };
    await nativeJob(undefined, (binding, job) => binding.saveModel(native.handle, spec, job));
    await writeJsonAtomic(join(dir, CONFIG_FILE), writtenConfig(settings));
  });
}

/**
 * Makes the adapter part of the weights, which `model.save` then writes; sums are float32.
 *
 * @throws {EngineError} E_OPTION where the model has none; E_BUSY while it has a trainer.
 */
export async function mergeAdapter(model: Model): Promise<void> {
  const native = nativeModel(model);
  adapterOf(native);
  await alone(native, async () => {
    await nativeJob(undefined, (binding, job) => binding.mergeAdapters(native.handle, job));
    native.adapter = null;
  });
}

/** @throws {EngineError} E_OPTION where the model has none. */
export function adapterOf(native: NativeModel): HeldAdapter {
  if (native.adapter === null) throw optionError("model", "one with an adapter", native.dir);
  return native.adapter;
}

function freeModel(model: Model): NativeModel {
  const native = nativeModel(model);
  if (native.adapter === null) return native;
  throw optionError("model", "one without an adapter; mergeAdapter makes one of it", native.dir);
}

async function put(native: NativeModel, held: HeldAdapter, specs: readonly AdapterSpec[]): Promise<void> {
  await nativeJob(undefined, (binding, job) => binding.addAdapters(native.handle, specs, job));
  native.adapter = held;
}
