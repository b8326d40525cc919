/**
 * What a pickle of tensors can hold, as plain data. Nothing here runs anything: a class or function of Python is at
 * most a name on the list of globals.ts.
 */
import { ELEMENT_BYTES, elementCount, type StoredDType } from "../core/element-types.js";
import { Problem } from "../core/problem.js";

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | List
  | Tuple
  | Dict
  | Storage
  | Tensor
  | Other
  | Global;

export class List {
  readonly items: Value[] = [];
}

export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** dict and OrderedDict. A list of pairs in the order of writing: nothing hashes what a file chose. */
export class Dict {
  readonly entries: [key: Value, value: Value][] = [];

  /** The value of the last pair with this key, as Python has it. */
  get(key: string): Value | undefined {
    return this.entries.findLast(([found]) => found === key)?.[1];
  }
}

/** Bytes that tensors share, or a part of them. */
export class Storage {
  readonly root: Root;
  readonly dtype: StoredDType;
  /** First byte of this part, from the start of the root. */
  readonly begin: number;
  readonly bytes: number;

  constructor(root: Root, dtype: StoredDType, begin: number, bytes: number) {
    this.root = root;
    this.dtype = dtype;
    this.begin = begin;
    this.bytes = bytes;
  }
}

/** A storage as the file holds it. */
export interface Root {
  readonly key: string;
  readonly dtype: StoredDType;
  readonly bytes: number;
}

/** A view of a storage, checked to lie inside it. */
export class Tensor {
  readonly storage: Storage;
  readonly dtype: StoredDType;
  /** In elements from the start of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements, one for each axis. */
  readonly strides: readonly number[];
  /** Elements in all. */
  readonly count: number;

  /** @throws {Problem} when it reaches out of its storage, or is larger than any file. */
  constructor(
    storage: Storage,
    dtype: StoredDType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.count = elementCount(shape);
    if (!Number.isSafeInteger(this.count * ELEMENT_BYTES[dtype]))
      throw new Problem(`a tensor of shape [${shape}] is too large for any file`);
    const end = this.count === 0 ? 0 : (this.#last() + 1) * ELEMENT_BYTES[dtype];
    if (!(end <= storage.bytes)) {
      const problem = `a tensor of shape [${shape}] and strides [${strides}] from element ${offset} on ends at byte ${end} of storage ${storage.root.key}, which has ${storage.bytes}`;
      throw new Problem(problem);
    }
  }

  /** Place of the last element in the storage. */
  #last(): number {
    return this.shape.reduce(
      (place, size, axis) => place + (size - 1) * (this.strides[axis] ?? 0),
      this.offset,
    );
  }

  /** Whether its elements follow each other in the storage in the order of the tensor. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const size = this.shape[axis] ?? 0;
      if (size !== 1 && this.strides[axis] !== expected) return this.count === 0;
      expected *= size;
    }
    return true;
  }
}

/** Something that stands beside tensors, a set or a device: what it is called is all that is kept of it. */
export class Other {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Takes steps from what one pickle may cause; throws a Problem when they are used up. */
export type Spend = (steps: number) => void;

/** A name that the list knows, and what stands for it here. */
export class Global {
  /** As Python writes it, module first. */
  readonly name: string;
  readonly meaning:
    | { readonly kind: "function"; readonly call: (args: readonly Value[], spend: Spend) => Value }
    | { readonly kind: "storage" | "dtype"; readonly dtype: StoredDType }
    | { readonly kind: "word" };

  constructor(name: string, meaning: Global["meaning"]) {
    this.name = name;
    this.meaning = meaning;
  }
}

/** A whole number ≥ 0. */
export function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A value in a few words, for messages. */
export function kindOf(value: Value | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (value instanceof Global || value instanceof Other) return value.name;
  return typeof value === "object" ? `a ${value.constructor.name}` : `a ${typeof value}`;
}
