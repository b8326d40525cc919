/** The recorded configurations of test/goldens/recipes/configurations.py: each a checkpoint, a prompt, its numbers. */
import { readdirSync } from "node:fs";
import type { Prompt } from "../../lib/index.js";
import { formulaPixels } from "./formula-pixels.js";
import { goldenPath } from "./goldens.js";
import { type Recorded, readRecorded } from "./recorded-case.js";

export interface ConfigurationFacts {
  readonly frames: number;
  readonly imageSize: number;
  /** Ids that the recorded continuation leaves out. */
  readonly leftOut: readonly number[];
  /** Smallest distance between the two largest logits along the continuation. */
  readonly margin: number;
  /** How far transformers' bfloat16 logits are from float32 ones of the same weights. */
  readonly bfloat16: { readonly largestError: number; readonly rmsError: number };
}

/** Last positions of the prompt whose logits are recorded. */
export const RECORDED_POSITIONS = 16;

export const CONFIGURATIONS: readonly string[] = readdirSync(goldenPath("configurations"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.replace(/\.json$/, ""));

/** The folder that `loadModel` opens. */
export function configurationPath(name: string): string {
  return goldenPath(`configurations/${name}`);
}

export async function readConfiguration(
  name: string,
): Promise<{ recorded: Recorded<ConfigurationFacts>; prompt: Prompt }> {
  const recorded = await readRecorded<ConfigurationFacts>(`configurations/${name}`);
  const { frames, imageSize } = recorded.facts;
  const pixelValues = formulaPixels(frames, imageSize);
  const inputIds = recorded.ints("input_ids");
  return { recorded, prompt: { inputIds, pixelValues, frames, imageSize, stream: 0n, samples: 1 } };
}
