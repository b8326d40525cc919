/** A tensor's elements in its own order, out of the bytes of its storage. Knows no file. */

import { ELEMENT_BYTES } from "../core/element-types.js";
import type { Tensor } from "../pickle/values.js";

/** Elements that are gathered before they are handed on. */
const PIECE = 2 ** 20;

/** Where a contiguous tensor's bytes lie, from the start of the root storage. */
export function contiguousRange({ storage, dtype, offset, count }: Tensor): { begin: number; bytes: number } {
  const size = ELEMENT_BYTES[dtype];
  return { begin: storage.begin + offset * size, bytes: count * size };
}

/**
 * The bytes of a tensor, piece by piece; strides are followed, so that what comes out is contiguous.
 *
 * @param root  The whole root storage, whose end the tensor was checked against.
 */
export function* gather(tensor: Tensor, root: Uint8Array): Generator<Uint8Array> {
  if (tensor.contiguous) {
    const { begin, bytes } = contiguousRange(tensor);
    yield root.subarray(begin, begin + bytes);
    return;
  }
  const { shape, strides, count, storage, offset } = tensor;
  const size = ELEMENT_BYTES[tensor.dtype];
  const index = shape.map(() => 0);
  let place = offset;
  for (let done = 0; done < count; done += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, count - done) * size);
    for (let to = 0; to < piece.length; to += size) {
      const from = storage.begin + place * size;
      for (let byte = 0; byte < size; byte++) piece[to + byte] = root[from + byte] ?? 0;
      place += advance(index, shape, strides);
    }
    yield piece;
  }
}

/** Moves on to the next element, last axis first; gives how far that is in the storage. */
function advance(index: number[], shape: readonly number[], strides: readonly number[]): number {
  let moved = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next = (index[axis] ?? 0) + 1;
    const stride = strides[axis] ?? 0;
    if (next < (shape[axis] ?? 0)) {
      index[axis] = next;
      return moved + stride;
    }
    index[axis] = 0;
    moved -= (next - 1) * stride;
  }
  return moved;
}
