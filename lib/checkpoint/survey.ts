/**
 * What a checkpoint folder holds, held against what its config.json calls for: layout, engine parameters with their
 * tensors, what is skipped and why, everything that does not fit. Reads headers only, refuses nothing that it can name.
 */
import { join } from "node:path";
import { optionError } from "../core/check.js";
import { type JsonObject, readJsonFile } from "../core/json.js";
import { listed, printable, refuse } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import { toType } from "../core/to-type.js";
import type { Prefixes } from "../layout/layout.js";
import { type CheckpointConfig, LAYOUTS, readModelConfig } from "../layout/layouts.js";
import { checkpointName, isMotionProjector, isSlowFast, mapMotion } from "../layout/motion-map.js";
import { type MappedParameter, mapModel, spellingOf } from "../layout/parameters.js";
import type { TensorSource } from "../native/binding.js";
import { readSafetensorsHeader, type StoredTensor } from "../weights/safetensors.js";
import { readStoredTensors } from "../weights/shards.js";
import { quantization, unmergedLora } from "./misfit.js";
import { CONFIG_FILE, isRunFolder, noCheckpoint } from "./no-checkpoint.js";

/** Tensors that published files may hold and nothing is computed from. */
const HARMLESS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\.num_batches_tracked$/, why: "batch norm's step counter" },
  { pattern: /(^|\.)rotary_emb\.inv_freq$/, why: "stored rotary frequencies" },
  {
    pattern: /^slowfast_model\.(feature_extraction|blocks|model\.blocks)\.6\./,
    why: "SlowFast's classification head",
  },
];
const DTYPES: readonly string[] = ["F32", "BF16", "F16"] satisfies TensorSource["dtype"][];

export interface SurveyOptions {
  /** A safetensors file with SlowFast's weights, for a checkpoint that has none. */
  readonly slowfast?: string | undefined;
  /** False leaves motion parts out, as if the checkpoint had none; default true. */
  readonly motion?: boolean | undefined;
}

/** What a user of the model must know of its parts. */
export interface ModelFacts {
  /** Does the model take a motion token? */
  readonly hasMotion: boolean;
  /** Is the head the embedding matrix? */
  readonly tied: boolean;
}

/** One that nothing is computed from. */
export interface SkippedTensor extends StoredTensor {
  readonly why: string;
}

export interface Survey extends ModelFacts {
  readonly dir: string;
  /** config.json as it was parsed. */
  readonly json: JsonObject;
  readonly config: CheckpointConfig;
  /** The spelling of the tensors' prefixes. */
  readonly prefixes: Prefixes;
  /** By name, the skipped ones left out. */
  readonly stored: ReadonlyMap<string, StoredTensor>;
  readonly skipped: readonly SkippedTensor[];
  /** In the order of the forward pass: motion, vision, projector, motion projector, language. */
  readonly mapped: readonly MappedParameter[];
  /** Engine parameters without tensors, that start from random values. */
  readonly started: ReadonlySet<string>;
  /** Why many tensors may not fit at once, and what to do; null when nothing tells. */
  readonly cause: string | null;
  /** One line for each tensor that does not fit; empty when file and config.json agree. */
  readonly problems: readonly string[];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Everything that does not fit, one line each; empty when file and map agree. */
function findProblems(
  mapped: readonly MappedParameter[],
  stored: ReadonlyMap<string, StoredTensor>,
): string[] {
  const problems: string[] = [];
  const known = new Set<string>();
  for (const { name, shape } of mapped.flatMap(({ tensors }) => tensors)) {
    known.add(name);
    const found = stored.get(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (!sameShape(found.shape, shape))
      problems.push(`${name} has shape [${found.shape}], expected [${shape}]`);
    else if (!DTYPES.includes(found.dtype))
      problems.push(`${name} is ${found.dtype}, expected ${DTYPES.join(", ")}`);
  }
  for (const name of stored.keys())
    if (!known.has(name)) problems.push(`${printable(name)} is not a tensor of this model`);
  return problems;
}

/** Those of a quantised checkpoint are refused as such, whether or not their types can be read. */
async function storedTensors(dir: string, json: JsonObject): Promise<StoredTensor[]> {
  const quantized = quantization(json);
  if (quantized === null) return [...(await readStoredTensors(dir))];
  const tensors = await readStoredTensors(dir).catch((cause: Error) =>
    refuse(dir, null, `${quantized}; ${cause.message}`, cause),
  );
  const plain = tensors.every(({ name, dtype }) => DTYPES.includes(dtype) || whyHarmless(name) !== null);
  return plain ? [...tensors] : refuse(dir, null, quantized);
}

function whyHarmless(name: string): string | null {
  return HARMLESS.find(({ pattern }) => pattern.test(name))?.why ?? null;
}

/** The tensors of a SlowFast file under the names of a checkpoint. */
async function readSlowFast(
  file: string,
  dir: string,
  own: readonly StoredTensor[],
): Promise<readonly StoredTensor[]> {
  const there = own.find(({ name }) => isSlowFast(name));
  if (there !== undefined) refuse(file, null, `${dir} has SlowFast weights of its own (${there.name})`);
  const { tensors } = await readSafetensorsHeader(file);
  const renamed = tensors.map((tensor) => ({ ...tensor, name: checkpointName(tensor.name) }));
  const stranger = renamed.find(({ name }) => !isSlowFast(name) && !isMotionProjector(name));
  if (stranger !== undefined) {
    const problem = `expected SlowFast's tensors (blocks.*, as ${toType("convert", "IN", "--out", "FILE")} writes them), found ${printable(stranger.name)}`;
    refuse(file, null, problem);
  }
  return renamed;
}

function prefixesOf(dir: string, config: CheckpointConfig, names: readonly string[]): Prefixes {
  const layout = LAYOUTS[config.layout];
  const prefixes = spellingOf(names, layout);
  if (prefixes !== null) return prefixes;
  const roots = layout.prefixes.map(({ vision }) => `${vision}*`).join(" or ");
  const lora = unmergedLora(names);
  const found = `expected tensors named ${roots}, found ${listed(names, 3) || "none"}`;
  return refuse(dir, null, lora === null ? found : `${lora}; ${found}`);
}

/**
 * Reads config.json and the headers of the weight files.
 *
 * @throws {EngineError} E_FORMAT naming file and field when a file cannot be read, a header or the index lies, the
 *   config is incomplete or not computed here, or no tensor has a name of the config's layout; E_OPTION for SlowFast's
 *   weights beside motion that is off.
 */
export async function surveyCheckpoint(dir: string, options: SurveyOptions = {}): Promise<Survey> {
  const configFile = join(dir, CONFIG_FILE);
  if (!(await isFile(configFile))) refuse(dir, null, await noCheckpoint(dir));
  const json = await readJsonFile(configFile);
  if (await isRunFolder(dir, json)) refuse(dir, null, await noCheckpoint(dir));
  const config = readModelConfig(json, configFile);
  if (options.motion === false && options.slowfast !== undefined)
    throw optionError("slowfast", "none where motion is off", options.slowfast, "leave one of them out");
  const all = await storedTensors(dir, json);
  const isMotion = ({ name }: StoredTensor) => isSlowFast(name) || isMotionProjector(name);
  const tensors = options.motion === false ? all.filter((tensor) => !isMotion(tensor)) : all;
  if (options.slowfast !== undefined) tensors.push(...(await readSlowFast(options.slowfast, dir, tensors)));
  const stored = new Map<string, StoredTensor>();
  const skipped: SkippedTensor[] = [];
  for (const tensor of tensors) {
    const why = whyHarmless(tensor.name);
    if (why === null) stored.set(tensor.name, tensor);
    else skipped.push({ ...tensor, why });
  }
  const prefixes = prefixesOf(dir, config, [...stored.keys()]);
  const motion = mapMotion(stored, config.geometry.language.hidden);
  const tied = !config.headMustExist && !stored.has(`${prefixes.head}lm_head.weight`);
  const mapped = mapModel(LAYOUTS[config.layout], prefixes, config, tied, motion);
  // A base model has no projector for SlowFast's feature yet.
  const isNew = options.slowfast !== undefined && ![...stored.keys()].some(isMotionProjector);
  const started = new Set(isNew ? motion.projector.map(({ parameter }) => parameter) : []);
  const loaded = mapped.filter(({ parameter }) => !started.has(parameter));
  return {
    dir,
    json,
    config,
    prefixes,
    stored,
    skipped,
    mapped,
    started,
    hasMotion: motion.slowFast.length > 0,
    tied,
    cause: unmergedLora(stored.keys()),
    problems: findProblems(loaded, stored),
  };
}
