/** The files of a made checkpoint: weights, config, tokenizer, settings. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SETTINGS_FILE } from "../../lib/checkpoint/settings.js";
import { writeJsonAtomic } from "../../lib/core/atomic-file.js";
import { writeSafetensors } from "../../lib/weights/safetensors-writer.js";
import { configOf } from "./architecture.js";
import type { Family } from "./family.js";
import type { StartTensor } from "./start.js";
import { tokenizerConfig, tokenizerFile } from "./tokenizer-file.js";

/** Writes a folder that `loadModel` opens. */
export async function writeCheckpoint(
  dir: string,
  family: Family,
  tensors: readonly StartTensor[],
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const { frames, imageSize } = family.shape;
  const settings = { frames, imageSize, scale: { min: 1, max: 5 }, ...family.settings };
  await writeJsonAtomic(join(dir, "config.json"), configOf(family));
  await writeJsonAtomic(join(dir, "tokenizer.json"), tokenizerFile(family.words));
  await writeJsonAtomic(join(dir, "tokenizer_config.json"), tokenizerConfig());
  await writeJsonAtomic(join(dir, SETTINGS_FILE), settings);
  await writeSafetensors(
    join(dir, "model.safetensors"),
    tensors.map((tensor) => ({ ...tensor, dtype: "F32" as const })),
    ({ data }) => [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  );
}
