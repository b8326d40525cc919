/** A checkpoint of eight million parameters with random weights, between the tiny one and the published sizes: the tiny tokenizer, wider and deeper layers, no motion parts. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shippedCheckpoint } from "../lib/checkpoint/shipped.js";
import { type JsonObject, readJsonFile } from "../lib/core/json.js";
import { HF_NATIVE } from "../lib/layout/hf.js";
import { readModelConfig } from "../lib/layout/layouts.js";
import { mapModel } from "../lib/layout/parameters.js";
import { randomBfloat16 } from "../lib/random-checkpoint/random-values.js";
import { writeSafetensors } from "../lib/weights/safetensors-writer.js";

const TEXT = {
  hidden_size: 256,
  intermediate_size: 1024,
  num_hidden_layers: 8,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 32768,
};
const SIDE = 112;
const VISION = {
  hidden_size: 128,
  intermediate_size: 512,
  num_hidden_layers: 2,
  image_size: [SIDE, SIDE],
  patch_size: [14, 14],
};
const NO_MOTION = { slowFast: [], projector: [] };
const TOKENIZER = ["tokenizer.json", "tokenizer_config.json", "vqathinker.json"];

/** Writes the folder; gives the bytes of its weights. */
export async function makeMediumCheckpoint(dir: string): Promise<number> {
  const tiny = shippedCheckpoint("tiny") ?? "";
  await mkdir(dir, { recursive: true });
  for (const name of TOKENIZER) await copyFile(join(tiny, name), join(dir, name));
  const file = join(dir, "config.json");
  const own = await readJsonFile(join(tiny, "config.json"));
  const { text_config: text, vision_config: vision } = own as Record<
    "text_config" | "vision_config",
    JsonObject
  >;
  const json = { ...own, text_config: { ...text, ...TEXT }, vision_config: { ...vision, ...VISION } };
  await writeFile(file, JSON.stringify(json));
  const config = readModelConfig(json, file);
  const mapped = mapModel(HF_NATIVE, HF_NATIVE.prefixes[0], config, false, NO_MOTION);
  const tensors = mapped.flatMap((one) => one.tensors).map((one) => ({ ...one, dtype: "BF16" as const }));
  let bytes = 0;
  await writeSafetensors(join(dir, "model.safetensors"), tensors, function* ({ name, shape }) {
    for (const piece of randomBfloat16(0, name, shape)) {
      bytes += piece.length;
      yield piece;
    }
  });
  return bytes;
}
