/**
 * torch.save's format before 1.6: five pickles end to end (a magic number, the version, facts about the machine, the
 * value, the keys of the storages), then for each key the number of its elements and their bytes.
 *
 * Source: torch/serialization.py, _legacy_save and _legacy_load; torch/csrc/serialization.cpp for the storages, which
 * are little-endian whatever machine wrote them.
 */

import { type ByteSource, readRange } from "../core/byte-source.js";
import { ELEMENT_BYTES } from "../core/element-types.js";
import { Problem } from "../core/problem.js";
import { refuse } from "../core/refuse.js";
import { MAX_PICKLE_BYTES, type PickleContext, unpickle } from "../pickle/machine.js";
import { StorageTable } from "../pickle/storage.js";
import { kindOf, List, type Root, type Value } from "../pickle/values.js";
import type { TorchFile } from "./torch-format.js";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const COUNT_BYTES = 8;

/** @throws {EngineError} E_FORMAT */
export async function readLegacyFile(source: ByteSource): Promise<TorchFile> {
  const { file, size } = source;
  const bytes = await readRange(source, 0, Math.min(size, MAX_PICKLE_BYTES));
  const storages = new StorageTable();
  let at = 0;
  const next = (persistent: PickleContext["persistent"]): Value => {
    const { value, end } = unpickle(bytes, at, { file, entry: null, persistent });
    at = end;
    return value;
  };
  const magic = next(noStorage);
  if (magic !== MAGIC) {
    const problem = `expected the magic number of torch.save, found ${kindOf(magic)}: is it a plain pickle?`;
    return refuse(file, null, problem);
  }
  const version = next(noStorage);
  if (version !== VERSION) return refuse(file, null, `expected version ${VERSION}, found ${String(version)}`);
  next(noStorage);
  const value = next((id) => storages.declare(id));
  const places = await placeStorages(source, storages, next(noStorage), at);
  const placeOf = ({ key }: Root): number =>
    places.get(key) ?? refuse(file, key, "is no storage of this file");
  return {
    format: "legacy",
    value,
    locate: async (root) => placeOf(root),
    async readWhole(root, most) {
      if (root.bytes <= most) return readRange(source, placeOf(root), root.bytes);
      const problem = `has ${root.bytes} bytes, the most that is read into memory is ${most}`;
      return refuse(file, `storage ${root.key}`, problem);
    },
  };
}

function noStorage(): never {
  throw new Problem("names a storage outside the pickle of the tensors");
}

/** Walks the storages behind the pickles; what the file holds must be what the pickle said, to the last byte. */
async function placeStorages(
  source: ByteSource,
  storages: StorageTable,
  keys: Value,
  begin: number,
): Promise<ReadonlyMap<string, number>> {
  const { file, size } = source;
  if (!(keys instanceof List))
    return refuse(file, null, `expected a list of storage keys, found ${kindOf(keys)}`);
  const roots = new Map(storages.roots.map((root) => [root.key, root]));
  const places = new Map<string, number>();
  let at = begin;
  for (const key of keys.items) {
    const root = typeof key === "string" ? roots.get(key) : undefined;
    if (root === undefined || places.has(root.key)) {
      const problem = `lists a storage ${kindOf(key)} that the pickle does not name, or names twice`;
      return refuse(file, null, problem);
    }
    const count = new DataView((await readRange(source, at, COUNT_BYTES)).buffer).getBigInt64(0, true);
    const expected = root.bytes / ELEMENT_BYTES[root.dtype];
    if (count !== BigInt(expected)) {
      const problem = `has ${count} elements at byte ${at}, the pickle says ${expected}`;
      return refuse(file, `storage ${root.key}`, problem);
    }
    places.set(root.key, at + COUNT_BYTES);
    at += COUNT_BYTES + root.bytes;
    if (at > size) {
      const problem = `ends at byte ${at}, the file has ${size}: is it cut short?`;
      return refuse(file, `storage ${root.key}`, problem);
    }
  }
  const lost = storages.roots.find(({ key }) => !places.has(key));
  if (lost !== undefined)
    return refuse(file, `storage ${lost.key}`, "is named by the pickle and not in the file");
  if (at !== size) return refuse(file, null, `${size - at} bytes follow the last storage, expected none`);
  return places;
}
