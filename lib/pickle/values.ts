/**
 * What a pickle of tensors can hold, as plain data. Nothing here runs anything: a class or function of Python is at
 * most a name on the list of globals.ts.
 */
import type { StoredDType } from "../core/element-types.js";
import type { Storage } from "./storage.js";
import type { Tensor } from "./tensor.js";

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

/** Takes steps from what one pickle may cause; throws a Problem when they are used up. */
export type Spend = (steps: number) => void;

/** A name that the list knows, and what stands for it here. */
export class Global {
  /** As Python writes it, module first. */
  readonly name: string;
  readonly meaning:
    | { readonly kind: "function"; readonly call: (args: readonly Value[], spend: Spend) => Value }
    | { readonly kind: "storage" | "dtype"; readonly dtype: StoredDType };

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
  if (value instanceof Global) return value.name;
  return typeof value === "object" ? `a ${value.constructor.name}` : `a ${typeof value}`;
}
