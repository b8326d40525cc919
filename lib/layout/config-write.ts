/** Geometry → what the config.json of all layouts say alike: sizes, the text model. Pure. */
import type { JsonObject } from "../core/json.js";
import type { DType, LanguageGeometry, VisionGeometry } from "../native/binding.js";
import type { ModelConfig } from "./config-parts.js";

/** What the scale of a layer was before training; nothing is computed from it. */
export const LAYER_SCALE = 0.1;

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

export function writtenVision(vision: VisionGeometry): JsonObject {
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

export function writtenText({ config, tied, endTokens, padToken, dtype }: WrittenModel): JsonObject {
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
