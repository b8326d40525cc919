/** The storages that a pickle names by persistent id. Knows their sizes; where their bytes lie is the container's. */

import { ELEMENT_BYTES, type StoredDType } from "../core/element-types.js";
import { Problem } from "../core/problem.js";
import { printable } from "../core/refuse.js";
import { Global, isCount, kindOf, type Root, Storage, Tuple, type Value } from "./values.js";

/** torch counts storages, or takes an address; either has less than twenty digits. */
const MAX_KEY_CHARACTERS = 64;

/** Every storage of one pickle, each of one size and type however often it is named. */
export class StorageTable {
  readonly #roots = new Map<string, Root>();

  get roots(): readonly Root[] {
    return [...this.#roots.values()];
  }

  /**
   * The storage of a persistent id: ("storage", type, key, location, elements), in the legacy format with None or
   * (key, offset, elements) of a part behind. The location is where torch would put it, and is not used.
   *
   * @throws {Problem} when it is something else, or contradicts what was said of this storage before.
   */
  declare(id: Value): Storage {
    const items = id instanceof Tuple ? id.items : [];
    const [tag, type, key, , elements, part = null] = items;
    if (tag !== "storage" || items.length < 5 || items.length > 6)
      throw new Problem(`expected the persistent id of a storage, found ${tagOf(id)}`);
    if (!(type instanceof Global) || type.meaning.kind !== "storage")
      throw new Problem(`expected the type of a storage, found ${kindOf(type)}`);
    if (typeof key !== "string" || key.length > MAX_KEY_CHARACTERS)
      throw new Problem(`expected the short key of a storage, found ${kindOf(key)}`);
    const { dtype } = type.meaning;
    const root = this.#same({ key, dtype, bytes: byteCount(elements, dtype, key) });
    if (part === null) return new Storage(root, dtype, 0, root.bytes);
    const [, offset, length] = part instanceof Tuple ? part.items : [];
    const begin = byteCount(offset, dtype, key);
    const bytes = byteCount(length, dtype, key);
    if (begin + bytes > root.bytes)
      throw new Problem(`a part of storage ${key} ends at byte ${begin + bytes}, it has ${root.bytes}`);
    return new Storage(root, dtype, begin, bytes);
  }

  #same(root: Root): Root {
    const before = this.#roots.get(root.key);
    if (before === undefined) {
      this.#roots.set(root.key, root);
      return root;
    }
    if (before.dtype === root.dtype && before.bytes === root.bytes) return before;
    const problem = `storage ${printable(root.key)} is ${root.dtype} of ${root.bytes} bytes here and ${before.dtype} of ${before.bytes} before`;
    throw new Problem(problem);
  }
}

function byteCount(elements: Value | undefined, dtype: StoredDType, key: string): number {
  const bytes = isCount(elements) ? elements * ELEMENT_BYTES[dtype] : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new Problem(`expected a number of elements for storage ${printable(key)}, found ${elements}`);
}

function tagOf(id: Value): string {
  const tag = id instanceof Tuple ? id.items[0] : id;
  return typeof tag === "string" ? `"${printable(tag)}"` : kindOf(tag);
}
