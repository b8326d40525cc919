/** Which tensors of a checkpoint are converted. Pure; knows the names that PyTorch training scripts use, no bytes. */

import { Problem } from "../core/problem.js";
import { listed, printable } from "../core/refuse.js";
import { Dict, kindOf, Tensor, type Value } from "../pickle/values.js";

/** Where training scripts keep the weights, in the order in which they are looked for. */
const WEIGHT_KEYS = ["model_state", "model_state_dict", "state_dict", "model"] as const;

/** A counter that no forward pass reads, and SlowFast's classification head. */
const COUNTER = { name: "num_batches_tracked", pattern: /(^|\.)num_batches_tracked$/ };
const HEAD = { name: "blocks.6", pattern: /^blocks\.6\./ };
/** A network with more blocks than SlowFast has no head in the sixth. */
const BEYOND_SLOWFAST = /^blocks\.7\./;

/** Tensors that a conversion left out. */
export interface LeftOut {
  /** The part of a name that it was left out for. */
  readonly name: string;
  readonly tensors: number;
}

export interface StateDict {
  /** The key of the file's dict that holds it; null when it is that dict itself. */
  readonly key: string | null;
  readonly tensors: readonly (readonly [name: string, tensor: Tensor])[];
  readonly leftOut: readonly LeftOut[];
  /** Entries of the state dict that are no tensors. */
  readonly notTensors: readonly string[];
  /** The file's other entries: settings, optimizer states. */
  readonly beside: readonly string[];
}

/** @throws {Problem} when the value holds no state dict, or one that safetensors cannot hold. */
export function selectStateDict(value: Value): StateDict {
  if (!(value instanceof Dict)) throw new Problem(`expected a dict of tensors, found ${kindOf(value)}`);
  const key = WEIGHT_KEYS.find((name) => holdsTensors(value.get(name))) ?? null;
  const dict = key === null ? value : value.get(key);
  if (!(dict instanceof Dict) || !holdsTensors(dict)) {
    const found = listed(keysOf(value)) || "nothing";
    throw new Problem(`expected tensors in ${WEIGHT_KEYS.join(", ")} or at the top, found ${found}`);
  }
  const named = namedTensors(dict);
  const names = [...named.keys()];
  const patterns = names.some((name) => BEYOND_SLOWFAST.test(name)) ? [COUNTER] : [COUNTER, HEAD];
  const counts = patterns.map(({ name, pattern }) => ({
    name,
    tensors: names.filter((tensor) => pattern.test(tensor)).length,
  }));
  const tensors = [...named].filter(([name]) => patterns.every(({ pattern }) => !pattern.test(name)));
  if (tensors.length === 0) throw new Problem(`expected tensors to convert, found ${listed(names)} only`);
  return {
    key,
    tensors,
    leftOut: counts.filter((left) => left.tensors > 0),
    notTensors: keysOf(dict).filter((name) => !named.has(name)),
    beside: key === null ? [] : keysOf(value).filter((name) => name !== key),
  };
}

function holdsTensors(value: Value | undefined): boolean {
  return value instanceof Dict && value.entries.some(([, item]) => item instanceof Tensor);
}

function namedTensors({ entries }: Dict): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  for (const [name, tensor] of entries) {
    if (!(tensor instanceof Tensor)) continue;
    if (typeof name !== "string")
      throw new Problem(`expected text as a tensor's name, found ${kindOf(name)}`);
    if (named.has(name)) throw new Problem(`the tensor ${printable(name)} stands twice`);
    if (name === "__metadata__")
      throw new Problem("a tensor has the name __metadata__, which safetensors keeps");
    named.set(name, tensor);
  }
  return named;
}

function keysOf({ entries }: Dict): string[] {
  return entries.map(([key]) => (typeof key === "string" ? key : kindOf(key)));
}
