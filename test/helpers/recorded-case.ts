/** One recorded case of test/goldens: a prompt, and the numbers that another program gave for it. */
import { readFile } from "node:fs/promises";
import type { Prompt } from "../../lib/model/types.js";
import { goldenPath } from "./goldens.js";
import { readTensors, type Tensor } from "./safetensors.js";

export interface Recorded<Facts> {
  readonly facts: Facts;
  readonly tensors: ReadonlyMap<string, Tensor>;
  floats(name: string): Float32Array;
  ints(name: string): Int32Array;
  /** The names that begin so. */
  names(prefix: string): string[];
}

/** @param path  Of `<path>.json` and `<path>.safetensors`, relative to test/goldens. */
export async function readRecorded<Facts>(path: string): Promise<Recorded<Facts>> {
  const facts = JSON.parse(await readFile(goldenPath(`${path}.json`), "utf8")) as Facts;
  const tensors = await readTensors(goldenPath(`${path}.safetensors`));
  const data = (name: string): Tensor["data"] => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`${path}.safetensors has no ${name}`);
    return tensor.data;
  };
  return {
    facts,
    tensors,
    floats: (name) => data(name) as Float32Array,
    ints: (name) => data(name) as Int32Array,
    names: (prefix) => [...tensors.keys()].filter((name) => name.startsWith(prefix)),
  };
}

/** The prompt under `<prefix>input_ids` and `<prefix>pixel_values`, without frames where there are none. */
export function recordedPrompt(recorded: Recorded<unknown>, prefix = ""): Prompt {
  const prompt = { inputIds: recorded.ints(`${prefix}input_ids`), stream: 0n, samples: 1 };
  const pixels = recorded.tensors.get(`${prefix}pixel_values`);
  if (pixels === undefined) return prompt;
  const [frames = 0, , imageSize = 0] = pixels.shape;
  return { ...prompt, pixelValues: pixels.data as Float32Array, frames, imageSize };
}
