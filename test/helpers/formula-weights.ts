/** The weights that test/goldens/recipes/slowfast_r50.py gives SlowFast, so that no recording has to hold them. */
import { crc32 } from "node:zlib";
import { SLOWFAST_R50, slowFastLayers } from "../../lib/layout/slowfast.js";
import type { Tensor } from "./safetensors.js";

/** Numbers in [0, 1): murmur3's finalizer of crc32(name) + i · 0x9E3779B9, over 2³². */
function uniform(name: string, i: number, seed = crc32(name)): number {
  let h = (seed + Math.imul(i, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

function ends(name: string, shape: readonly number[]): readonly [low: number, high: number] {
  if (shape.length === 5) {
    const spread = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b));
    return [-spread, spread];
  }
  if (name.endsWith("running_var")) return [0.6, 1.6];
  return name.endsWith("weight") ? [0.4, 1.1] : [-0.3, 0.3];
}

function formulaTensor(name: string, shape: readonly number[]): Tensor {
  const [low, high] = ends(name, shape);
  const seed = crc32(name);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * uniform(name, i, seed);
  return { shape, data };
}

/** SlowFast R50 under the names of pytorchvideo's file: `blocks.*`. */
export function formulaSlowFast(): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  const add = (name: string, shape: readonly number[]) => {
    tensors[`blocks.${name}`] = formulaTensor(name, shape);
  };
  for (const { convolution, norm, shape } of slowFastLayers(SLOWFAST_R50)) {
    add(`${convolution}.weight`, shape);
    for (const vector of ["weight", "bias", "running_mean", "running_var"])
      add(`${norm}.${vector}`, shape.slice(0, 1));
  }
  return tensors;
}
