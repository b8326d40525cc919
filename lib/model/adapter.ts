/** Low-rank adapters on an opened model: made, read from PEFT's folder, written to one, merged into the weights. */
import { rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CONFIG_FILE, writtenConfig } from "../adapter/config.js";
import { WEIGHTS_FILE, writtenAdapters } from "../adapter/tensors.js";
import { SETTINGS_FILE } from "../checkpoint/settings.js";
import { discard, writeJsonAtomic } from "../core/atomic-file.js";
import { checkPath, optionError } from "../core/check.js";
import { cannotBeWritten, makeFolder, syncFolder } from "../core/durable.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { heldInOutput } from "../core/output-place.js";
import type { DType, SavedTensor } from "../native/binding.js";
import { nativeJob } from "../native/call.js";
import {
  type AdapterBase,
  BASE_FILE,
  baseOf,
  PROJECTOR_FILE,
  projectorTensors,
  readAdapterFolder,
  writeBase,
} from "./adapter-folder.js";
import { type AdapterOptions, type PlannedAdapter, plannedAdapter } from "./adapter-options.js";
import { type NativeModel, nativeModel } from "./model.js";
import { copySettings } from "./save.js";
import { alone } from "./turns.js";
import type { Model } from "./types.js";

export type { AdapterOptions } from "./adapter-options.js";

/** How an adapter of PEFT's is taken. */
export interface LoadAdapterOptions {
  /** In place of the config's lora_dropout: 0 to train on without it. */
  readonly dropout?: 0 | undefined;
}

const LOAD_NAMES: Names<LoadAdapterOptions> = { dropout: true };

/**
 * Puts a new adapter on a model, which changes nothing that it computes yet; `openTrainer` trains it as the part "adapters",
 * with the model without it as reference.
 *
 * @throws {EngineError} E_OPTION naming a target that no layer has, a rank above a matrix's, or where the model has one; E_BUSY
 *   while the model has a trainer; E_FORMAT when the base's files, which it is known by, are gone.
 */
export async function addAdapter(model: Model, options: AdapterOptions): Promise<void> {
  const native = freeModel(model);
  const planned = plannedAdapter(native.checkpoint.survey.config, resolve(model.dir), options);
  await alone(native, async () => put(native, planned, await baseOfModel(native)));
}

/** Null where the weights are no longer those of any files. */
async function baseOfModel(native: NativeModel): Promise<AdapterBase | null> {
  return native.changed.has("merged") ? null : baseOf(native.dir, native.parts);
}

/**
 * Puts an adapter of PEFT's folder on a model: adapter_config.json and adapter_model.safetensors.
 *
 * @throws {EngineError} E_FORMAT naming the key or tensor that would have no effect, another one, or that is of another base
 *   model; E_OPTION where the model has an adapter, and for a folder with a motion projector, which `loadModel` opens; E_BUSY
 *   while it has a trainer.
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
    const read = await readAdapterFolder(dir, native.checkpoint, native.parts);
    if (read.projector.length > 0) {
      const hint = "loadModel(base, { adapter }) opens it with the motion projector that it was trained with";
      throw optionError("dir", "an adapter alone", dir, hint);
    }
    const settings = { ...read.settings, dropout: dropout ?? read.settings.dropout };
    await put(native, { ...read, settings }, native.changed.has("merged") ? null : read.base);
    native.adapter = dir;
  });
}

/**
 * Writes the model's adapter as PEFT does, in float32, and beside it what it belongs to: the base (adapter_base.json), how it
 * is asked (vqathinker.json), and the motion projector where that is not the base's (motion_projector.safetensors).
 * adapter_config.json is written last, and an older one goes before the first other file is replaced: what ends the writing
 * leaves the older adapter or none, and no mix.
 *
 * @throws {EngineError} E_OPTION where the model has none, for a model of which other parts have changed since it was opened
 *   (an adapter merged into them, a trainer, `calibrateMotion`), for a folder with a model and for what is no path; E_BUSY
 *   while another call works on the adapter or saves the model; E_FORMAT naming the file that cannot be written.
 */
export async function saveAdapter(model: Model, dir: string): Promise<void> {
  checkPath("dir", dir);
  const native = nativeModel(model);
  const { settings, modules, base } = adapterOf(native);
  const hasProjector = checkChanged(native);
  await alone(native, async () => {
    await refuseModelFolder(dir);
    await makeFolder(dir);
    const files: WrittenFile[] = [[WEIGHTS_FILE, "float32", writtenAdapters(modules, settings)]];
    if (hasProjector) files.push([PROJECTOR_FILE, native.dtype, projectorTensors(native.checkpoint)]);
    await replaceWeights(native, dir, files);
    await copySettings(native.settingsDir, dir);
    if (base !== null) await writeBase(dir, base, { motionProjector: hasProjector });
    await writeJsonAtomic(join(dir, CONFIG_FILE), writtenConfig(settings));
  });
}

type WrittenFile = readonly [name: string, dtype: DType, tensors: readonly SavedTensor[]];

/** Whether the motion projector is another one than the base's. */
function checkChanged({ changed, dir }: NativeModel): boolean {
  const others = [...changed].filter((part) => part !== "motionProjector");
  if (others.length === 0) return changed.has("motionProjector");
  const parts = others.filter((part) => part !== "merged");
  const why = [
    ...(changed.has("merged") ? ["an adapter was merged into it"] : []),
    ...(parts.length > 0 ? [`${parts.join(", ")} of it changed`] : []),
  ].join(" and ");
  const hint = `${why}: mergeAdapter and model.save write all of it. For an adapter alone save the model first (model.save), then open what it wrote (loadModel) and add the adapter there`;
  throw optionError("model", "one that is its base but for the adapter and the motion projector", dir, hint);
}

/** What loads from a folder of both would be neither. */
async function refuseModelFolder(dir: string): Promise<void> {
  const there = await heldInOutput({ name: "dir", path: dir }, (name) => name === "config.json");
  if (there !== undefined) throw optionError("dir", "a folder without a model", dir, `${there} is there`);
}

/** Writes all beside their places first; then the folder has no adapter until its config is written. */
async function replaceWeights(
  native: NativeModel,
  dir: string,
  files: readonly WrittenFile[],
): Promise<void> {
  // One name for all writers, so that what a killed one left is written over.
  const made = files.map(([name]) => [join(dir, `${name}.new`), join(dir, name)] as const);
  try {
    for (const [i, [, dtype, tensors]] of files.entries()) {
      const spec = { path: made[i]?.[0] ?? "", dtype, tensors };
      await nativeJob(undefined, (binding, job) => binding.saveModel(native.handle, spec, job));
    }
    // Settings of an older one are not this one's, where this one has none; its own may be those in the folder.
    const older = resolve(native.settingsDir) === resolve(dir) ? [] : [SETTINGS_FILE];
    for (const name of [CONFIG_FILE, BASE_FILE, PROJECTOR_FILE, ...older])
      await rm(join(dir, name), { force: true });
    await syncFolder(dir);
    for (const [fresh, place] of made) await rename(fresh, place);
    await syncFolder(dir);
  } catch (error) {
    for (const [fresh] of made) await discard(fresh);
    cannotBeWritten(dir, error);
  }
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
    native.held = null;
    native.changed.add("merged");
  });
}

/** @throws {EngineError} E_OPTION where the model has none; E_DISPOSED. */
export function adapterOf(native: NativeModel): NonNullable<NativeModel["held"]> {
  refuseDisposed(native);
  if (native.held === null) throw optionError("model", "one with an adapter", native.dir);
  return native.held;
}

/** One whose adapter never came, since it was disposed of before, is not told that it has none. */
function refuseDisposed(native: NativeModel): void {
  void native.handle;
}

function freeModel(model: Model): NativeModel {
  const native = nativeModel(model);
  refuseDisposed(native);
  if (native.held === null) return native;
  throw optionError("model", "one without an adapter; mergeAdapter makes one of it", native.dir);
}

async function put(
  native: NativeModel,
  { settings, modules, specs }: PlannedAdapter,
  base: AdapterBase | null,
): Promise<void> {
  await nativeJob(undefined, (binding, job) => binding.addAdapters(native.handle, specs, job));
  native.held = { settings, modules, base };
}
