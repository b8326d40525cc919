/**
 * config.json of the original layout (`model_type: internvl_chat`). The published code has a default for every key,
 * those of the 6B tower and of a transposed pixel shuffle among them; here a missing key that matters is an error.
 */
import { z } from "zod";
import type { JsonObject } from "../core/json.js";
import { type ModelConfig, modelConfig, parseConfig, textConfig, visionSizes } from "./config-parts.js";

const originalConfig = z.object({
  model_type: z.literal("internvl_chat"),
  vision_config: z.object({ ...visionSizes, qkv_bias: z.boolean(), qk_normalization: z.boolean() }),
  llm_config: textConfig,
  /** "v1" shuffles pixels transposed. */
  ps_version: z.literal("v2"),
  downsample_ratio: z.literal(0.5).optional(),
  select_layer: z.literal(-1).optional(),
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: z.int().nonnegative().nullish(),
  img_context_token_id: z.int().nonnegative().nullish(),
});

/**
 * The published files do not say the image token: it is the tokenizer's. The text model's end token is not that of an answer.
 *
 * @throws {EngineError} E_FORMAT, see readModelConfig.
 */
export function readOriginalConfig(json: JsonObject, file: string): ModelConfig {
  const found = parseConfig(originalConfig, json, file);
  const { vision_config: vision, llm_config: text } = found;
  return modelConfig(
    {
      layout: "original",
      vision,
      qkNorm: vision.qk_normalization,
      visionQkvBias: vision.qkv_bias,
      text,
      textKey: "llm_config",
      imageToken: found.image_token_id ?? found.img_context_token_id ?? null,
      headMustExist: !(text.tie_word_embeddings ?? found.tie_word_embeddings ?? true),
    },
    file,
  );
}
