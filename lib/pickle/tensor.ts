/** A tensor as a view of a storage, checked to lie inside it. Knows no file. */
import { ELEMENT_BYTES, elementCount, type StoredDType } from "../core/element-types.js";
import { printable } from "../core/refuse.js";
import { Problem } from "./problem.js";
import { Storage } from "./storage.js";
import { Dict, isCount, kindOf, Tuple, type Value } from "./values.js";

/** As in torch. */
const MAX_AXES = 64;

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
    if (!(end <= storage.bytes))
      throw new Problem(
        `a tensor of shape [${shape}] and strides [${strides}] from element ${offset} on ends at byte ${end} of storage ${storage.root.key}, which has ${storage.bytes}`,
      );
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
