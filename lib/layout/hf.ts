/** transformers' checkpoints: names in their two spellings on disk, config.json in those of every version. */
import { z } from "zod";
import type { JsonObject } from "../core/json.js";
import { parseWith } from "../core/schema.js";
import { type ModelConfig, modelConfig, textConfig, visionSizes } from "./config-parts.js";
import { LAYER_SCALE, type WrittenModel, writtenText, writtenVision } from "./config-write.js";
import { LANGUAGE_PARTS, type Layout, linear, one, visionNorm } from "./layout.js";

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

const LAYER = "encoder.layer.{i}";

export const HF_NATIVE: Layout = {
  modelType: "internvl",
  program: "transformers",
  answerEndsTurn: false,
  prefixes: [
    {
      vision: "vision_tower.",
      projector: "multi_modal_projector.",
      language: "language_model.model.",
      head: "language_model.",
    },
    {
      vision: "model.vision_tower.",
      projector: "model.multi_modal_projector.",
      language: "model.language_model.",
      head: "",
    },
  ],
  parts: [
    {
      part: "vision",
      rows: [
        { ...one("vision.class_embedding", "embeddings.cls_token", [1, 1, "D"]), flat: [["D"]] },
        {
          ...one("vision.position_embedding", "embeddings.position_embeddings", [1, "N", "D"]),
          flat: [["N"], ["D"]],
        },
        {
          ...one("vision.patch.weight", "embeddings.patch_embeddings.projection.weight", ["D", 3, "P", "P"]),
          flat: [["D"], [3, "P", "P"]],
        },
        one("vision.patch.bias", "embeddings.patch_embeddings.projection.bias", ["D"]),
      ],
    },
    {
      part: "vision",
      layers: "vision",
      rows: [
        ...visionNorm("vision.layers.{i}.norm1", `${LAYER}.layernorm_before`),
        {
          parameter: "vision.layers.{i}.attn.qkv.weight",
          tensors: [
            [`${LAYER}.attention.q_proj.weight`, ["D", "D"]],
            [`${LAYER}.attention.k_proj.weight`, ["D", "D"]],
            [`${LAYER}.attention.v_proj.weight`, ["D", "D"]],
          ],
        },
        {
          parameter: "vision.layers.{i}.attn.qkv.bias",
          tensors: [
            [`${LAYER}.attention.q_proj.bias`, ["D"]],
            [`${LAYER}.attention.k_proj.bias`, ["D"]],
            [`${LAYER}.attention.v_proj.bias`, ["D"]],
          ],
          when: "qkvBias",
        },
        one("vision.layers.{i}.attn.q_norm.weight", `${LAYER}.attention.q_norm.weight`, ["D"], "qkNorm"),
        one("vision.layers.{i}.attn.k_norm.weight", `${LAYER}.attention.k_norm.weight`, ["D"], "qkNorm"),
        ...linear("vision.layers.{i}.attn.out", `${LAYER}.attention.projection_layer`, "D", "D"),
        one("vision.layers.{i}.ls1", `${LAYER}.lambda_1`, ["D"]),
        ...visionNorm("vision.layers.{i}.norm2", `${LAYER}.layernorm_after`),
        ...linear("vision.layers.{i}.mlp.fc1", `${LAYER}.mlp.fc1`, "F", "D"),
        ...linear("vision.layers.{i}.mlp.fc2", `${LAYER}.mlp.fc2`, "D", "F"),
        one("vision.layers.{i}.ls2", `${LAYER}.lambda_2`, ["D"]),
      ],
    },
    {
      part: "projector",
      rows: [
        one("projector.norm.weight", "layer_norm.weight", ["C"]),
        one("projector.norm.bias", "layer_norm.bias", ["C"]),
        ...linear("projector.fc1", "linear_1", "H", "C"),
        ...linear("projector.fc2", "linear_2", "H", "H"),
      ],
    },
    ...LANGUAGE_PARTS,
  ],

  readConfig(json: JsonObject, file: string): ModelConfig {
    const found = parseWith(hfConfig, json, file);
    const { vision_config: vision } = found;
    return modelConfig(
      {
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
  },

  writeConfig(model: WrittenModel): JsonObject {
    const { config, imageToken, tied, dtype } = model;
    const { vision } = config.geometry;
    return {
      architectures: ["InternVLForConditionalGeneration"],
      model_type: "internvl",
      torch_dtype: dtype,
      downsample_ratio: 0.5,
      image_token_id: imageToken,
      image_seq_length: (vision.imageSize / vision.patch / 2) ** 2,
      projector_hidden_act: "gelu",
      vision_feature_layer: -1,
      vision_feature_select_strategy: "default",
      // Absent, this one means true to transformers.
      tie_word_embeddings: tied,
      text_config: writtenText(model),
      vision_config: {
        model_type: "internvl_vision",
        ...writtenVision(vision),
        image_size: [vision.imageSize, vision.imageSize],
        patch_size: [vision.patch, vision.patch],
        attention_bias: config.visionQkvBias,
        use_qk_norm: vision.qkNorm,
        layer_scale_init_value: LAYER_SCALE,
        use_absolute_position_embeddings: true,
        use_mask_token: false,
        use_mean_pooling: true,
      },
    };
  },
};
