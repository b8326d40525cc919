/**
 * OpenGVLab's own checkpoints, the released VQAThinker's among them. The published code has a default for every key of
 * config.json, those of the 6B tower and of a transposed pixel shuffle among them; here a missing key that matters is an
 * error.
 */
import { z } from "zod";
import type { JsonObject } from "../core/json.js";
import { parseWith } from "../core/schema.js";
import { type ModelConfig, modelConfig, textConfig, visionSizes } from "./config-parts.js";
import { LAYER_SCALE, type WrittenModel, writtenText, writtenVision } from "./config-write.js";
import { LANGUAGE_PARTS, type Layout, linear, one, visionNorm } from "./layout.js";

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

const LAYER = "encoder.layers.{i}";

/** The projector is a Sequential: norm, linear, activation, linear at 0 to 3. */
export const ORIGINAL: Layout = {
  modelType: "internvl_chat",
  program: "OpenGVLab",
  answerEndsTurn: true,
  prefixes: [
    {
      vision: "vision_model.",
      projector: "mlp1.",
      language: "language_model.model.",
      head: "language_model.",
    },
  ],
  parts: [
    {
      part: "vision",
      rows: [
        { ...one("vision.class_embedding", "embeddings.class_embedding", [1, 1, "D"]), flat: [["D"]] },
        {
          ...one("vision.position_embedding", "embeddings.position_embedding", [1, "N", "D"]),
          flat: [["N"], ["D"]],
        },
        {
          ...one("vision.patch.weight", "embeddings.patch_embedding.weight", ["D", 3, "P", "P"]),
          flat: [["D"], [3, "P", "P"]],
        },
        one("vision.patch.bias", "embeddings.patch_embedding.bias", ["D"]),
      ],
    },
    {
      part: "vision",
      layers: "vision",
      rows: [
        ...visionNorm("vision.layers.{i}.norm1", `${LAYER}.norm1`),
        one("vision.layers.{i}.attn.qkv.weight", `${LAYER}.attn.qkv.weight`, ["W", "D"]),
        one("vision.layers.{i}.attn.qkv.bias", `${LAYER}.attn.qkv.bias`, ["W"], "qkvBias"),
        one("vision.layers.{i}.attn.q_norm.weight", `${LAYER}.attn.q_norm.weight`, ["D"], "qkNorm"),
        one("vision.layers.{i}.attn.k_norm.weight", `${LAYER}.attn.k_norm.weight`, ["D"], "qkNorm"),
        ...linear("vision.layers.{i}.attn.out", `${LAYER}.attn.proj`, "D", "D"),
        one("vision.layers.{i}.ls1", `${LAYER}.ls1`, ["D"]),
        ...visionNorm("vision.layers.{i}.norm2", `${LAYER}.norm2`),
        ...linear("vision.layers.{i}.mlp.fc1", `${LAYER}.mlp.fc1`, "F", "D"),
        ...linear("vision.layers.{i}.mlp.fc2", `${LAYER}.mlp.fc2`, "D", "F"),
        one("vision.layers.{i}.ls2", `${LAYER}.ls2`, ["D"]),
      ],
    },
    {
      part: "projector",
      rows: [
        one("projector.norm.weight", "0.weight", ["C"]),
        one("projector.norm.bias", "0.bias", ["C"]),
        ...linear("projector.fc1", "1", "H", "C"),
        ...linear("projector.fc2", "3", "H", "H"),
      ],
    },
    ...LANGUAGE_PARTS,
  ],

  /** The published files do not say the image token: it is the tokenizer's. */
  readConfig(json: JsonObject, file: string): ModelConfig {
    const found = parseWith(originalConfig, json, file);
    const { vision_config: vision, llm_config: text } = found;
    return modelConfig(
      {
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
  },

  writeConfig(model: WrittenModel): JsonObject {
    const { config, tied, dtype } = model;
    const { vision, language } = config.geometry;
    return {
      architectures: ["InternVLChatModel"],
      model_type: "internvl_chat",
      torch_dtype: dtype,
      downsample_ratio: 0.5,
      dynamic_image_size: true,
      force_image_size: vision.imageSize,
      hidden_size: language.hidden,
      max_dynamic_patch: 12,
      min_dynamic_patch: 1,
      pad2square: false,
      ps_version: "v2",
      select_layer: -1,
      template: "internvl2_5",
      tie_word_embeddings: tied,
      use_backbone_lora: 0,
      use_llm_lora: 0,
      use_thumbnail: true,
      llm_config: writtenText(model),
      vision_config: {
        architectures: ["InternVisionModel"],
        // The name of every size of the tower, not of the large one.
        model_type: "intern_vit_6b",
        ...writtenVision(vision),
        image_size: vision.imageSize,
        patch_size: vision.patch,
        qkv_bias: config.visionQkvBias,
        qk_normalization: vision.qkNorm,
        initializer_factor: LAYER_SCALE,
        drop_path_rate: 0,
      },
    };
  },
};
