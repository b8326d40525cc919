/** Small safetensors files for tests: written from arrays, read back whole. */
import { readFile, writeFile } from "node:fs/promises";
import { layOutSafetensors, readSafetensorsHeader } from "../../lib/model/safetensors.js";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Writes tensors in the order given, as F32 or I32 after their arrays. */
export async function writeTensors(file: string, tensors: Readonly<Record<string, Tensor>>): Promise<void> {
  const entries = Object.entries(tensors);
  const { head, begins, bytes } = layOutSafetensors(
    entries.map(([name, { shape, data }]) => ({ name, shape, dtype: data instanceof Float32Array ? "F32" : "I32" })),
  );
  const whole = new Uint8Array(bytes);
  whole.set(head);
  for (const [i, [, { data }]] of entries.entries()) {
    whole.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begins[i]);
  }
  await writeFile(file, whole);
}

/** Every tensor of a file that holds F32 and I32 only. */
export async function readTensors(file: string): Promise<Map<string, Tensor>> {
  const bytes = await readFile(file);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of (await readSafetensorsHeader(file)).tensors) {
    if (dtype !== "F32" && dtype !== "I32") throw new Error(`${file}: ${name} is ${dtype}`);
    const raw = new Uint8Array(bytes.subarray(begin, end)).buffer;
    tensors.set(name, { shape, data: dtype === "F32" ? new Float32Array(raw) : new Int32Array(raw) });
  }
  return tensors;
}
