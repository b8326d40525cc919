/** Geometry → config.json, in either layout, as transformers and OpenGVLab's code read it. Pure. */
import type { JsonObject } from "../core/json.js";
import type { DType, LanguageGeometry, VisionGeometry } from "../native/binding.js";
import type { ModelConfig } from "./spec.js";

/** What the scale of a layer was before training; nothing is computed from it. */
const LAYER_SCALE = 0.1;

export interface WrittenModel {
  readonly config: Pick<ModelConfig, "geometry" | "visionQkvBias">;
  readonly imageToken: number;
  /** Is the head the embedding matrix? */
  readonly tied: boolean;
  readonly endTokens: readonly number[];
  /** Default: none is written. */
  readonly padToken?: number | undefined;
  readonly dtype: DType;
}

function visionSizes(vision: VisionGeometry): JsonObject {
  return {
    hidden_size: vision.hidden,
    num_hidden_layers: vision.layers,
    num_attention_heads: vision.heads,
    intermediate_size: vision.intermediate,
    num_channels: 3,
    norm_type: vision.norm === "layer" ? "layer_norm" : "rms_norm",
    layer_norm_eps: vision.normEps,
    hidden_act: "gelu",
  };
}

/** Rotary settings in the older spelling, which every version reads. */
function rotary({ ropeTheta, ropeFactor }: LanguageGeometry): JsonObject {
  const scaling = ropeFactor === 1 ? null : { factor: ropeFactor, rope_type: "dynamic", type: "dynamic" };
  return { rope_theta: ropeTheta, rope_scaling: scaling };
}

function textConfig({ config, tied, endTokens, padToken, dtype }: WrittenModel): JsonObject {
  const { language } = config.geometry;
  return {
    architectures: ["Qwen2ForCausalLM"],
    model_type: "qwen2",
    vocab_size: language.vocabulary,
    hidden_size: language.hidden,
    intermediate_size: language.intermediate,
    num_hidden_layers: language.layers,
    num_attention_heads: language.heads,
    num_key_value_heads: language.kvHeads,
    ...(language.headDim * language.heads === language.hidden ? {} : { head_dim: language.headDim }),
    hidden_act: "silu",
    rms_norm_eps: language.normEps,
    max_position_embeddings: language.maxPositions,
    ...rotary(language),
    use_sliding_window: false,
    tie_word_embeddings: tied,
    bos_token_id: padToken,
    pad_token_id: padToken,
    eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens,
    torch_dtype: dtype,
  };
}

/** The parsed content of config.json in the HF-native layout. */
export function hfConfig(model: WrittenModel): JsonObject {
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
    text_config: textConfig(model),
    vision_config: {
      model_type: "internvl_vision",
      ...visionSizes(vision),
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
}

/** The parsed content of config.json in the original layout. */
export function originalConfig(model: WrittenModel): JsonObject {
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
    llm_config: textConfig(model),
    vision_config: {
      architectures: ["InternVisionModel"],
      // The name of every size of the tower, not of the large one.
      model_type: "intern_vit_6b",
      ...visionSizes(vision),
      image_size: vision.imageSize,
      patch_size: vision.patch,
      qkv_bias: config.visionQkvBias,
      qk_normalization: vision.qkNorm,
      initializer_factor: LAYER_SCALE,
      drop_path_rate: 0,
    },
  };
}
