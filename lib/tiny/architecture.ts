/** The tiny model's shape: config.json of an HF-native InternVL checkpoint, small. Plain data. */
import { tokenizerFile, vocabularySize } from "./tokenizer-file.js";

/** Widths and depths; patches of 8 pixels on 64-pixel frames give 16 visual tokens a frame. */
export const TINY = {
  frames: 6,
  imageSize: 64,
  patch: 8,
  vision: { hidden: 64, layers: 2, heads: 4, intermediate: 256, layerScale: 0.1 },
  language: { hidden: 96, layers: 3, heads: 6, kvHeads: 2, intermediate: 256, positions: 512 },
  /** SlowFast: stem widths, then for each stage slow [inner, out, time kernel] and fast likewise. */
  motion: {
    slowStem: 16,
    fastStem: 4,
    stages: [
      { slow: [16, 32, 1], fast: [8, 16, 3] },
      { slow: [16, 48, 1], fast: [8, 32, 3] },
    ],
  },
} as const;

/** Channels of the pooled motion feature. */
export function motionWidth(): number {
  const last = TINY.motion.stages.at(-1);
  return (last?.slow[1] ?? 0) + (last?.fast[1] ?? 0);
}

function tokenId(content: string): number {
  const found = tokenizerFile().added_tokens.find((token) => token.content === content);
  if (found === undefined) throw new Error(`the tiny tokenizer has no ${content}`);
  return found.id;
}

/** The parsed content of config.json. */
export function tinyConfig(): object {
  const { vision, language, imageSize, patch } = TINY;
  const [end, pad] = [tokenId("<|im_end|>"), tokenId("<|endoftext|>")];
  return {
    architectures: ["InternVLForConditionalGeneration"],
    model_type: "internvl",
    dtype: "float32",
    downsample_ratio: 0.5,
    image_token_id: tokenId("<IMG_CONTEXT>"),
    image_seq_length: (imageSize / patch / 2) ** 2,
    projector_hidden_act: "gelu",
    vision_feature_layer: -1,
    vision_feature_select_strategy: "default",
    tie_word_embeddings: false,
    text_config: {
      model_type: "qwen2",
      vocab_size: vocabularySize(),
      hidden_size: language.hidden,
      intermediate_size: language.intermediate,
      num_hidden_layers: language.layers,
      num_attention_heads: language.heads,
      num_key_value_heads: language.kvHeads,
      hidden_act: "silu",
      rms_norm_eps: 1e-6,
      max_position_embeddings: language.positions,
      rope_parameters: { rope_type: "default", rope_theta: 1e6 },
      tie_word_embeddings: false,
      bos_token_id: pad,
      eos_token_id: end,
      pad_token_id: pad,
    },
    vision_config: {
      model_type: "internvl_vision",
      hidden_size: vision.hidden,
      intermediate_size: vision.intermediate,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      num_channels: 3,
      image_size: [imageSize, imageSize],
      patch_size: [patch, patch],
      attention_bias: true,
      use_qk_norm: false,
      norm_type: "layer_norm",
      layer_norm_eps: 1e-6,
      layer_scale_init_value: vision.layerScale,
      hidden_act: "gelu",
      use_absolute_position_embeddings: true,
      use_mask_token: false,
      use_mean_pooling: true,
    },
  };
}
