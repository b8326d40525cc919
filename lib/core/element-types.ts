/** The element types of tensors in files, by the names that safetensors gives them. */

/** Bytes of one element. */
export const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type StoredDType = keyof typeof ELEMENT_BYTES;

/** Bytes of one value in each type that a model computes in. */
export const COMPUTED_BYTES = { float32: 4, bfloat16: 2 } as const;

/** Elements of a tensor of this shape: 1 for a scalar, 0 where an axis is empty. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
