/** The files of a tiny checkpoint: weights, config, tokenizer, settings. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SETTINGS_FILE } from "../../lib/checkpoint/settings.js";
import { writeJsonAtomic } from "../../lib/core/atomic-file.js";
import { writeSafetensors } from "../../lib/weights/safetensors-writer.js";
import { TINY, tinyConfig } from "./architecture.js";
import type { StartTensor } from "./start.js";
import { tokenizerConfig, tokenizerFile } from "./tokenizer-file.js";
import { PROMPT } from "./wording.js";

const NOTICE =
  "vqathinker's tiny checkpoint is a demonstration model: it learned from synthetic clips and is no judge of real footage.";

/** Longest answer it writes, with room to fail in. */
const MAX_NEW_TOKENS = 48;

/** Writes a folder that `loadModel` opens. */
export async function writeTinyCheckpoint(dir: string, tensors: readonly StartTensor[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  const { frames, imageSize } = TINY;
  const asked = { frames, imageSize, scale: { min: 1, max: 5 }, maxNewTokens: MAX_NEW_TOKENS };
  const settings = { ...asked, prompt: PROMPT, notice: NOTICE };
  await writeJsonAtomic(join(dir, "config.json"), tinyConfig());
  await writeJsonAtomic(join(dir, "tokenizer.json"), tokenizerFile());
  await writeJsonAtomic(join(dir, "tokenizer_config.json"), tokenizerConfig());
  await writeJsonAtomic(join(dir, SETTINGS_FILE), settings);
  await writeSafetensors(
    join(dir, "model.safetensors"),
    tensors.map((tensor) => ({ ...tensor, dtype: "F32" as const })),
    ({ data }) => [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  );
}
