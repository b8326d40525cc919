/** Small safetensors files for tests: written from arrays, read back whole. */
import { readFile, writeFile } from "node:fs/promises";
import { layOutSafetensors, readSafetensorsHeader } from "../../lib/weights/safetensors.js";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

const ARRAYS = { F32: Float32Array, I32: Int32Array, I64: BigInt64Array } as const;
type DType = keyof typeof ARRAYS;

function dtypeOf(data: Tensor["data"]): DType {
  return data instanceof Float32Array ? "F32" : data instanceof Int32Array ? "I32" : "I64";
}

/** Writes tensors in the order given, their types after their arrays. */
export async function writeTensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = Object.entries(tensors);
  const { head, begins, bytes } = layOutSafetensors(
    entries.map(([name, { shape, data }]) => ({ name, shape, dtype: dtypeOf(data) })),
    metadata,
  );
  const whole = new Uint8Array(bytes);
  whole.set(head);
  for (const [i, [, { data }]] of entries.entries()) {
    whole.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begins[i]);
  }
  await writeFile(file, whole);
}

/** Every tensor of a file that holds F32, I32 and I64 only. */
export async function readTensors(file: string): Promise<Map<string, Tensor>> {
  const bytes = await readFile(file);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of (await readSafetensorsHeader(file)).tensors) {
    if (!Object.hasOwn(ARRAYS, dtype)) throw new Error(`${file}: ${name} is ${dtype}`);
    tensors.set(name, {
      shape,
      data: new ARRAYS[dtype as DType](new Uint8Array(bytes.subarray(begin, end)).buffer),
    });
  }
  return tensors;
}
