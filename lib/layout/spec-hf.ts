/** config.json of the HF-native layout (`model_type: internvl`), in the spellings of every version that wrote it. */
import { z } from "zod";
import type { JsonObject } from "../core/json.js";
import { type ModelConfig, modelConfig, parseConfig, textConfig, visionSizes } from "./config-parts.js";

const hfConfig = z.object({
  model_type: z.literal("internvl"),
  vision_config: z.object({
    ...visionSizes,
    attention_bias: z.boolean(),
    use_qk_norm: z.boolean(),
    use_absolute_position_embeddings: z.literal(true).optional(),
    use_mask_token: z.literal(false).optional(),
    use_mean_pooling: z.literal(true).optional(),
  }),
  text_config: textConfig,
  image_token_id: z.int().nonnegative(),
  tie_word_embeddings: z.boolean().optional(),
  downsample_ratio: z.literal(0.5).optional(),
  projector_hidden_act: z.literal("gelu").optional(),
  vision_feature_layer: z.literal(-1).optional(),
  vision_feature_select_strategy: z.literal("default").optional(),
});

/** @throws {EngineError} E_FORMAT, see readModelConfig. */
export function readHfConfig(json: JsonObject, file: string): ModelConfig {
  const found = parseConfig(hfConfig, json, file);
  const { vision_config: vision } = found;
  return modelConfig(
    {
      layout: "hf",
      vision,
      qkNorm: vision.use_qk_norm,
      visionQkvBias: vision.attention_bias,
      text: found.text_config,
      textKey: "text_config",
      imageToken: found.image_token_id,
      // The text part's own flag is stale in files that tie; only the top one speaks for the head.
      headMustExist: found.tie_word_embeddings === false,
    },
    file,
  );
}
