/** Which tensors a saved checkpoint has, under which names, in which files. Writes nothing. */
import { COMPUTED_BYTES, elementCount } from "../core/element-types.js";
import type { JsonObject } from "../core/json.js";
import { LAYOUTS, type LayoutName } from "../layout/layouts.js";
import { mapMotion } from "../layout/motion-map.js";
import { mapModel, savedTensors } from "../layout/parameters.js";
import type { CopiedTensor, DType, SavedTensor } from "../native/binding.js";
import { INDEX_FILE, WEIGHTS_FILE } from "../weights/shards.js";
import type { Checkpoint } from "./checkpoint.js";
import { renamedUnused } from "./unused.js";

/** Some rows of a parameter, or a tensor that was read and is only passed on. */
type PlannedTensor = SavedTensor | CopiedTensor;

export interface SavePlan extends WeightFiles<PlannedTensor> {
  readonly config: JsonObject;
  /** The parsed content of generation_config.json where it must say anew how an answer ends; else null. */
  readonly generation: JsonObject | null;
}

/** All tensors under the names of a layout: the spelling of the loaded one where it is the same. */
function tensorsIn(name: LayoutName, checkpoint: Checkpoint): readonly PlannedTensor[] {
  const { survey, saved, unused, tied } = checkpoint;
  const { config, stored, prefixes } = survey;
  if (name === config.layout) return [...saved, ...unused];
  const layout = LAYOUTS[name];
  const motion = mapMotion(stored, config.geometry.language.hidden);
  const mapped = mapModel(layout, layout.prefixes[0], config, tied, motion);
  return [...mapped.flatMap(savedTensors), ...renamedUnused(unused, prefixes, layout.prefixes[0])];
}

type Shaped = Pick<SavedTensor, "name" | "shape"> | CopiedTensor;

/** Tensors by file, in the order to write. */
export interface WeightFiles<T> {
  readonly files: readonly { readonly name: string; readonly tensors: readonly T[] }[];
  /** The parsed content of the index; null for one file. */
  readonly index: JsonObject | null;
  /** Of all values. */
  readonly bytes: number;
}

function tensorBytes(tensor: Shaped, dtype: DType): number {
  return "bytes" in tensor ? tensor.bytes.length : elementCount(tensor.shape) * COMPUTED_BYTES[dtype];
}

/** Consecutive runs of at most `most` bytes; a tensor larger than that has a file of its own. */
function shards<T extends Shaped>(tensors: readonly T[], dtype: DType, most: number): T[][] {
  const runs: T[][] = [];
  let used = 0;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor, dtype);
    if (runs.length === 0 || used + bytes > most) {
      runs.push([]);
      used = 0;
    }
    runs.at(-1)?.push(tensor);
    used += bytes;
  }
  return runs;
}

function configIn(layout: LayoutName, checkpoint: Checkpoint, dtype: DType): JsonObject {
  const { survey, geometry, tied, endTokens } = checkpoint;
  if (layout === survey.config.layout) {
    const key = "torch_dtype" in survey.json ? "torch_dtype" : "dtype";
    return { ...survey.json, [key]: dtype };
  }
  // What the copied conversation.py is read with.
  const { template, system_message } = survey.json;
  const words = {
    ...(template === undefined ? {} : { template }),
    ...(system_message === undefined ? {} : { system_message }),
  };
  const model = { config: survey.config, imageToken: geometry.imageToken, tied, endTokens, dtype };
  return { ...LAYOUTS[layout].writeConfig(model), ...words };
}

/**
 * One file, or shards with an index, named as transformers names them.
 *
 * @param most  Most bytes of tensors in one file, ≥ 1.
 */
export function planFiles<T extends Shaped>(
  tensors: readonly T[],
  dtype: DType,
  most: number,
): WeightFiles<T> {
  const runs = shards(tensors, dtype, most);
  const place = (i: number): string => String(i).padStart(5, "0");
  const files = runs.map((own, i) => ({
    name: runs.length === 1 ? WEIGHTS_FILE : `model-${place(i + 1)}-of-${place(runs.length)}.safetensors`,
    tensors: own,
  }));
  const bytes = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor, dtype), 0);
  const map = files.flatMap(({ name, tensors: own }) => own.map((tensor) => [tensor.name, name]));
  const index = { metadata: { total_size: bytes }, weight_map: Object.fromEntries(map) };
  return { files, index: files.length === 1 ? null : index, bytes };
}

/** @param maxShardBytes  Most bytes of tensors in one file, ≥ 1. */
export function planSave(
  checkpoint: Checkpoint,
  layout: LayoutName,
  dtype: DType,
  maxShardBytes: number,
): SavePlan {
  const { endTokens, survey } = checkpoint;
  const ends = { eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens };
  return {
    ...planFiles(tensorsIn(layout, checkpoint), dtype, maxShardBytes),
    config: configIn(layout, checkpoint, dtype),
    generation: layout === survey.config.layout ? null : ends,
  };
}

/** Weight files of a folder that a plan does not write and that would be read instead, or in vain. */
export function staleFiles(names: readonly string[], { files, index }: WeightFiles<unknown>): string[] {
  const written = new Set([...files.map(({ name }) => name), ...(index === null ? [] : [INDEX_FILE])]);
  const weights = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;
  return names.filter((name) => weights.test(name) && !written.has(name));
}
