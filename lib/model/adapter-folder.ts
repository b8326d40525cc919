/**
 * Adapter folders as models are opened from them: beside PEFT's two files ours say which base they belong to, and hold the
 * motion projector that was trained with the adapter. Opens nothing natively.
 */
import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { CONFIG_FILE, readAdapterConfig } from "../adapter/config.js";
import { readAdapter } from "../adapter/read.js";
import { WEIGHTS_FILE } from "../adapter/tensors.js";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import {
  type CheckpointIdentity,
  checkpointDifferences,
  checkpointIdentity,
  checkpointIdentitySchema,
} from "../checkpoint/identity.js";
import { noAdapter } from "../checkpoint/no-checkpoint.js";
import { SETTINGS_FILE } from "../checkpoint/settings.js";
import { SHIPPED, shippedCheckpoint } from "../checkpoint/shipped.js";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { optionError } from "../core/check.js";
import { sha256 } from "../core/digest.js";
import { readJsonIfThere } from "../core/json.js";
import { listed, refuse } from "../core/refuse.js";
import { parseWith } from "../core/schema.js";
import { isFile, readIfThere } from "../core/text-file.js";
import type { ParameterSpec, SavedTensor, TensorSource } from "../native/binding.js";
import { weightDifferences, weightIdentity, weightIdentitySchema } from "../weights/identity.js";
import { readSafetensorsHeader } from "../weights/safetensors.js";
import type { PlannedAdapter } from "./adapter-options.js";
import type { LoadOptions } from "./types.js";

/** What the adapter belongs to. PEFT warns of keys that its adapter_config.json does not know. */
export const BASE_FILE = "adapter_base.json";
/** The motion projector as it was trained, by the names that checkpoints have for it. */
export const PROJECTOR_FILE = "motion_projector.safetensors";
const PROJECTOR = "motion_projector.";
/** Differences in a message. */
const TOLD = 3;

const baseSchema = z.strictObject({
  /** Checkpoint folder, or the name of a shipped one. */
  model: z.string(),
  /** Without vqathinker.json: the adapter folder has its own. */
  identity: checkpointIdentitySchema,
  slowfast: z.strictObject({ file: z.string(), identity: weightIdentitySchema }).optional(),
  /** False where the base was opened without its motion parts. */
  motion: z.boolean(),
  motionProjector: z.boolean(),
  /** Whether the folder says how the model is asked; records of before there was this key do not tell. */
  settings: z.boolean().optional(),
});

type WrittenBase = z.output<typeof baseSchema>;
/** What an adapter stands on. */
export type AdapterBase = Omit<WrittenBase, "motionProjector" | "settings">;

/** How the parts of a base were opened. */
export type BaseParts = Pick<LoadOptions, "slowfast" | "motion">;

/** A base with what is to be put on it. */
export interface ModelPlace extends BaseParts {
  readonly base: string;
  /** Null for a checkpoint alone. */
  readonly adapter: string | null;
}

/** An adapter of a folder, looked at whole, with the base that it fits. */
export interface FolderAdapter extends PlannedAdapter {
  readonly dir: string;
  readonly base: AdapterBase;
  /** Of the motion projector, in place of the base's; empty where the folder has none. */
  readonly projector: readonly ParameterSpec[];
}

const has = (dir: string, name: string) => isFile(join(dir, name)).catch(() => false);

async function hasAdapter(dir: string): Promise<boolean> {
  return (await has(dir, CONFIG_FILE)) || (await has(dir, WEIGHTS_FILE));
}

/** Has it an adapter, or half of one, and no model? */
export async function isAdapterFolder(dir: string): Promise<boolean> {
  return !(await has(dir, "config.json")) && (await hasAdapter(dir));
}

/** Writes what an adapter belongs to, and what of ours is in its folder by now. */
export async function writeBase(
  dir: string,
  base: AdapterBase,
  { motionProjector }: Pick<WrittenBase, "motionProjector">,
): Promise<void> {
  const settings = await isFile(join(dir, SETTINGS_FILE));
  await writeJsonAtomic(join(dir, BASE_FILE), { ...base, motionProjector, settings });
}

/** Has an adapter's record say that its folder has settings, which came after it; does nothing of a checkpoint. */
export async function recordSettings(dir: string): Promise<void> {
  const record = await readBase(dir);
  if (record !== null) await writeBase(dir, record, record);
}

async function readBase(dir: string): Promise<WrittenBase | null> {
  const file = join(dir, BASE_FILE);
  const found = await readJsonIfThere(file);
  return found === null ? null : parseWith(baseSchema, found, file);
}

/**
 * What to open for a folder: a checkpoint, or an adapter with the base that it names.
 *
 * @param dir  a checkpoint folder or, where no adapter is named beside it, an adapter folder.
 * @throws {EngineError} E_OPTION for an adapter whose base is not there, with how to name it; E_FORMAT for a record that
 *   cannot be read, and for a folder that is both where no adapter is named: the adapter in it would be without effect.
 */
export async function modelPlace(
  dir: string,
  { adapter: named, slowfast, motion }: BaseParts & Pick<LoadOptions, "adapter">,
): Promise<ModelPlace> {
  if (named !== undefined && !(await hasAdapter(named))) refuse(named, null, await noAdapter(named));
  const alone = await isAdapterFolder(dir);
  if (named === undefined && !alone) {
    if (await hasAdapter(dir)) {
      const hint = "keep it in a folder of its own, and name it as adapter (--adapter) beside the model";
      refuse(dir, null, `is a model (config.json) and an adapter (${CONFIG_FILE}, ${WEIGHTS_FILE}): ${hint}`);
    }
    return { base: dir, adapter: null, slowfast, motion };
  }
  if (named !== undefined && alone)
    throw optionError("adapter", "none beside a model that is an adapter itself", named, `${dir} is one`);
  const adapter = named ?? dir;
  const record = await readBase(adapter);
  return {
    base: named === undefined ? await namedBase(adapter, record) : dir,
    adapter,
    slowfast: slowfast ?? record?.slowfast?.file,
    motion: motion ?? record?.motion,
  };
}

/**
 * The folder that an adapter's config names, else its record; a relative one of a config is looked for from here and from the
 * adapter.
 */
async function namedBase(adapter: string, record: WrittenBase | null): Promise<string> {
  const { base } = await readAdapterConfig(join(adapter, CONFIG_FILE));
  const said = base ?? record?.model ?? null;
  const places = base === null ? [] : isAbsolute(base) ? [base] : [base, resolve(adapter, base)];
  if (record !== null) places.push(shippedCheckpoint(record.model) ?? record.model);
  for (const place of places) if (await isFile(join(place, "config.json")).catch(() => false)) return place;
  const found =
    said === null ? "the adapter names none" : `the adapter names ${said}, which is no folder here`;
  const hint = `${found}: --model BASE --adapter ${adapter} names it; for inspect BASE --adapter ${adapter}; in a program loadModel(BASE, { adapter }); for merge --model BASE alone`;
  throw optionError("model", "the folder of the base model", undefined, hint);
}

async function identityOf(dir: string): Promise<CheckpointIdentity> {
  const { files, weights } = await checkpointIdentity(dir);
  const { [SETTINGS_FILE]: _, ...others } = files;
  return { files: others, weights };
}

/** What a model's adapters belong to. @throws {EngineError} E_FORMAT when its files cannot be read. */
export async function baseOf(dir: string, { slowfast, motion }: BaseParts): Promise<AdapterBase> {
  const shipped = SHIPPED.find((name) => shippedCheckpoint(name) === dir);
  return {
    model: shipped ?? resolve(dir),
    identity: await identityOf(dir),
    ...(slowfast === undefined
      ? {}
      : { slowfast: { file: resolve(slowfast), identity: await weightIdentity(slowfast) } }),
    motion: motion ?? true,
  };
}

/** What differs between the base that an adapter belongs to and another one, in words; empty for a copy. */
function baseDifferences(then: AdapterBase, now: AdapterBase): string[] {
  const copy = { times: false };
  const slowfast =
    then.slowfast === undefined || now.slowfast === undefined
      ? []
      : weightDifferences(then.slowfast.identity, now.slowfast.identity, copy);
  return [...checkpointDifferences(then.identity, now.identity, copy), ...slowfast];
}

/**
 * An adapter folder for an opened base.
 *
 * @throws {EngineError} E_FORMAT naming file and key or tensor: what readAdapter refuses, another base than the adapter's
 *   own, a motion projector that is missing or belongs to nothing.
 */
export async function readAdapterFolder(
  dir: string,
  checkpoint: Checkpoint,
  parts: BaseParts,
): Promise<FolderAdapter> {
  if (!(await hasAdapter(dir))) refuse(dir, null, await noAdapter(dir));
  const record = await readBase(dir);
  const base = await baseOf(checkpoint.dir, parts);
  if (record !== null) {
    const differences = baseDifferences(record, base);
    if (differences.length > 0) {
      const why = `it belongs to another base than ${checkpoint.dir}: ${listed(differences, TOLD)}`;
      refuse(join(dir, BASE_FILE), null, `${why}; it was trained on ${record.model}`);
    }
  }
  if (record?.settings && !(await isFile(join(dir, SETTINGS_FILE))))
    refuse(
      join(dir, SETTINGS_FILE),
      null,
      `is missing: ${BASE_FILE} says that the model is asked as it says`,
    );
  const file = join(dir, PROJECTOR_FILE);
  const isThere = await isFile(file);
  if (record?.motionProjector && !isThere)
    refuse(file, null, `is missing: ${BASE_FILE} says that the adapter was trained with it`);
  if (isThere && !record?.motionProjector)
    refuse(
      file,
      null,
      `belongs to nothing: no ${BASE_FILE} beside it says that the adapter was trained with it`,
    );
  const read = await readAdapter(dir, checkpoint.survey.config);
  const projector = isThere && checkpoint.hasMotion ? await readProjector(file, checkpoint) : [];
  return { ...read, dir, base, projector };
}

/** Tensors of a file with the motion projector. */
export function projectorTensors({ saved }: Checkpoint): SavedTensor[] {
  return saved.filter(({ parameter }) => parameter.startsWith(PROJECTOR));
}

async function readProjector(file: string, checkpoint: Checkpoint): Promise<ParameterSpec[]> {
  const { tensors } = await readSafetensorsHeader(file);
  const left = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const specs = projectorTensors(checkpoint).map(({ name, shape, parameter }) => {
    const found = left.get(name) ?? refuse(file, name, "is missing");
    left.delete(name);
    const { begin, end, dtype } = found;
    if (found.shape.join() !== shape.join())
      refuse(file, name, `expected [${shape}] of this base model, found [${found.shape}]`);
    if (!["F32", "BF16"].includes(dtype)) refuse(file, name, `expected F32 or BF16, found ${dtype}`);
    const source = { file, begin, end, dtype: dtype as TensorSource["dtype"] };
    return { name: parameter, shape, sources: [source] };
  });
  if (left.size > 0) refuse(file, null, `${listed([...left.keys()], TOLD)}: not of a motion projector`);
  return specs;
}

/** The folder whose vqathinker.json says how the model is asked: the adapter's where it has one. */
export async function settingsDirOf({ base, adapter }: ModelPlace): Promise<string> {
  return adapter !== null && (await isFile(join(adapter, SETTINGS_FILE))) ? adapter : base;
}

/**
 * What a model is known by, its adapter among it.
 *
 * @throws {EngineError} E_FORMAT when a file of it cannot be read.
 */
export async function placeIdentity({ base, adapter, slowfast }: ModelPlace): Promise<CheckpointIdentity> {
  const { files, weights } = await checkpointIdentity(base);
  if (slowfast !== undefined) weights.push(await weightIdentity(slowfast));
  if (adapter === null) return { files, weights };
  for (const name of [CONFIG_FILE, SETTINGS_FILE]) {
    const bytes = await readIfThere(join(adapter, name));
    if (bytes !== null) files[`adapter/${name}`] = sha256(bytes);
  }
  for (const name of [WEIGHTS_FILE, PROJECTOR_FILE])
    if (await isFile(join(adapter, name))) weights.push(await weightIdentity(join(adapter, name)));
  return { files, weights };
}
