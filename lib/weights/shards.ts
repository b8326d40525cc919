/** The weight files of a checkpoint folder: one file, or shards and the index that lists them. Knows no model. */
import { basename, join } from "node:path";
import { isJsonObject, readJsonFile } from "../core/json.js";
import { refuse, shown } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import { weightsInstead } from "./found-instead.js";
import { readSafetensorsHeader, type StoredTensor } from "./safetensors.js";

export const WEIGHTS_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

/** Tensor name → file, as the index says; every file of it is there. */
async function readIndex(dir: string, index: string): Promise<ReadonlyMap<string, string>> {
  const { weight_map: map } = await readJsonFile(index);
  if (!isJsonObject(map)) return refuse(index, "weight_map", "expected an object of tensor name → file");
  const listed = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || file === "" || basename(file) !== file)
      return refuse(
        index,
        `weight_map.${name}`,
        `expected the name of a file beside it, found ${shown(file)}`,
      );
    listed.set(name, file);
  }
  for (const file of new Set(listed.values())) {
    if (await isFile(join(dir, file))) continue;
    const key = [...listed].find(([, shard]) => shard === file)?.[0];
    refuse(index, `weight_map.${key}`, `names ${shown(file)}, and there is no such file beside it`);
  }
  return listed;
}

/** The tensors that the index lists, each from the file that it names; the two must agree. */
async function readShards(dir: string, index: string): Promise<StoredTensor[]> {
  const listed = await readIndex(dir, index);
  const tensors: StoredTensor[] = [];
  for (const file of new Set(listed.values())) {
    const stored = (await readSafetensorsHeader(join(dir, file))).tensors;
    const names = new Set(stored.map((tensor) => tensor.name));
    const lost = [...listed].find(([name, shard]) => shard === file && !names.has(name));
    if (lost !== undefined) refuse(index, `weight_map.${lost[0]}`, `${file} has no such tensor`);
    const extra = stored.find((tensor) => listed.get(tensor.name) !== file);
    if (extra !== undefined) refuse(join(dir, file), extra.name, "the index does not list it here");
    tensors.push(...stored);
  }
  return tensors;
}

/**
 * Every tensor of a folder's weight files. With both a whole file and an index the whole file is read, as
 * transformers does.
 *
 * @throws {EngineError} E_FORMAT when there are no weights, a header is broken, or index and shards disagree.
 */
export async function readStoredTensors(dir: string): Promise<readonly StoredTensor[]> {
  const whole = join(dir, WEIGHTS_FILE);
  if (await isWhole(dir)) return (await readSafetensorsHeader(whole)).tensors;
  return readShards(dir, join(dir, INDEX_FILE));
}

/**
 * Names of the files that readStoredTensors reads, in the order of their names.
 *
 * @throws {EngineError} E_FORMAT when there are no weights, or the index is broken or names a file that is not there.
 */
export async function weightFiles(dir: string): Promise<readonly string[]> {
  if (await isWhole(dir)) return [WEIGHTS_FILE];
  return [...new Set((await readIndex(dir, join(dir, INDEX_FILE))).values())].sort();
}

/** One whole file? Else there is an index. */
async function isWhole(dir: string): Promise<boolean> {
  if (await isFile(join(dir, WEIGHTS_FILE))) return true;
  if (await isFile(join(dir, INDEX_FILE))) return false;
  const found = await weightsInstead(dir);
  return refuse(dir, null, `expected ${WEIGHTS_FILE}, or ${INDEX_FILE} with its shards; ${found}`);
}
