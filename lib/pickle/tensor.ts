/** What the functions that rebuild a tensor in a pickle give for their arguments. Knows no file. */
import type { StoredDType } from "../core/element-types.js";
import { Problem } from "../core/problem.js";
import { printable } from "../core/refuse.js";
import { Dict, Global, isCount, kindOf, Storage, Tensor, Tuple, type Value } from "./values.js";

const TENSOR_TYPES = new Set(["torch.Tensor", "torch.nn.parameter.Parameter"]);
/** As in torch. */
const MAX_AXES = 64;

/** _rebuild_tensor(storage, offset, size, stride). */
export function rebuildOldTensor(args: readonly Value[]): Tensor {
  if (args.length !== 4) throw new Problem(`expected the 4 parts of a tensor, found ${args.length}`);
  return rebuild(args, storageOf(args).dtype, undefined);
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata): the storage has the type. */
export function rebuildTensor(args: readonly Value[]): Tensor {
  if (args.length < 6 || args.length > 7)
    throw new Problem(`expected the 6 or 7 parts of a tensor, found ${args.length}`);
  return rebuild(args, storageOf(args).dtype, args[6]);
}

/** _rebuild_tensor_v3: the storage is of bytes, the type comes after the hooks. */
export function rebuildTypedTensor(args: readonly Value[]): Tensor {
  const [type] = args.slice(6);
  if (args.length < 7 || args.length > 8 || type === null || typeof type !== "object" || !("meaning" in type))
    throw new Problem("expected the 7 or 8 parts of a tensor with its dtype");
  if (type.meaning.kind !== "dtype") throw new Problem(`expected a dtype, found ${type.name}`);
  return rebuild(args, type.meaning.dtype, args[7]);
}

/** _rebuild_parameter(tensor, requires_grad, hooks). */
export function rebuildParameter(args: readonly Value[]): Tensor {
  const [tensor] = args;
  if (tensor instanceof Tensor && args.length === 3) return tensor;
  throw new Problem(`expected a tensor for a parameter, found ${kindOf(tensor)}`);
}

/** _rebuild_parameter_with_state(tensor, requires_grad, hooks, attributes). */
export function rebuildParameterWithState(args: readonly Value[]): Tensor {
  const [tensor] = args;
  if (tensor instanceof Tensor && args.length === 4) return tensor;
  throw new Problem(`expected a tensor for a parameter, found ${kindOf(tensor)}`);
}

/** No function that calls another: a file could nest those without end. */
const REBUILDS = new Map([
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_tensor_v3", rebuildTypedTensor],
]);

/** _rebuild_from_type_v2(function, type, arguments, attributes), of a buffer, or a tensor with attributes of Python. */
export function rebuildFromType(args: readonly Value[]): Tensor {
  const [callee, type, inner] = args;
  const call = callee instanceof Global ? REBUILDS.get(callee.name) : undefined;
  if (call === undefined || !(inner instanceof Tuple) || args.length !== 4)
    throw new Problem(`expected what rebuilds a tensor, found ${kindOf(callee)} of ${kindOf(inner)}`);
  if (!(type instanceof Global) || !TENSOR_TYPES.has(type.name))
    throw new Problem(`expected the type of a tensor, found ${kindOf(type)}`);
  return call(inner.items);
}

function storageOf([storage]: readonly Value[]): Storage {
  if (storage instanceof Storage) return storage;
  throw new Problem(`expected the storage of a tensor, found ${kindOf(storage)}`);
}

function rebuild(args: readonly Value[], dtype: StoredDType, marks: Value | undefined): Tensor {
  const [, offset, size, stride] = args;
  // Such a mark (a lazy negation or conjugation) changes the numbers that the storage holds.
  if (marks instanceof Dict && marks.entries.length > 0) {
    const [mark] = marks.entries[0] ?? [];
    throw new Problem(`expected a plain tensor, found one marked ${printable(String(mark))}`);
  }
  if (!isCount(offset)) throw new Problem(`expected where a tensor begins, found ${kindOf(offset)}`);
  const shape = countsOf(size);
  const strides = countsOf(stride);
  if (shape.length !== strides.length)
    throw new Problem(`expected as many strides as axes, found ${strides.length} for ${shape.length}`);
  return new Tensor(storageOf(args), dtype, offset, shape, strides);
}

function countsOf(value: Value | undefined): number[] {
  if (!(value instanceof Tuple) || value.items.length > MAX_AXES)
    throw new Problem(`expected a tuple of at most ${MAX_AXES} sizes or strides, found ${kindOf(value)}`);
  return value.items.map((item) => {
    if (!isCount(item)) throw new Problem(`expected sizes and strides ≥ 0, found ${String(item)}`);
    return item;
  });
}
