/**
 * config.json → geometry. Reads the HF-native InternVL layout (`model_type: internvl`) in the spellings of every
 * transformers version that wrote it; keys it does not know are ignored, a number that it needs and does not find is
 * an error, never a guess. Knows no tensor names.
 */
import { z } from "zod";
import { EngineError } from "../core/errors.js";
import type { JsonObject } from "../core/json.js";
import type { LanguageGeometry, ModelGeometry, VisionGeometry } from "../native/binding.js";

/** What config.json says about a checkpoint. */
export interface ModelConfig {
  readonly geometry: ModelGeometry;
  /** Do the fused q, k, v of the vision tower have a bias? */
  readonly visionQkvBias: boolean;
  /** True when the file says so, that the head has its own matrix; then a missing one is an error. */
  readonly headMustExist: boolean;
  /** End-of-answer ids of the text model; empty when the file names none. */
  readonly endTokens: readonly number[];
  /** Our own key `vqathinker`; null when there is none. */
}

const count = z.int().positive();
const positive = z.number().positive();
/** Sides of squares are written as one number or as one per axis. */
const side = z
  .union([
    count,
    z.tuple([count, count]).refine(([height, width]) => height === width, "expected equal sides"),
  ])
  .transform((value) => (typeof value === "number" ? value : value[0]));

const rope = z.object({
  type: z.enum(["default", "dynamic"]).optional(),
  rope_type: z.enum(["default", "dynamic"]).optional(),
  factor: positive.optional(),
  rope_theta: positive.optional(),
});

const tokenIds = z.union([z.int(), z.array(z.int())]).nullish();

/** Where a key is a variant and not a size, its absence means the only variant there is: the one required here. */
const visionConfig = z.object({
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  patch_size: side,
  image_size: side,
  norm_type: z.enum(["layer_norm", "rms_norm"]),
  layer_norm_eps: positive,
  attention_bias: z.boolean(),
  use_qk_norm: z.boolean(),
  num_channels: z.literal(3).optional(),
  hidden_act: z.literal("gelu").optional(),
  use_absolute_position_embeddings: z.literal(true).optional(),
  use_mask_token: z.literal(false).optional(),
  use_mean_pooling: z.literal(true).optional(),
});

const textConfig = z.object({
  model_type: z.literal("qwen2"),
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count.nullish(),
  intermediate_size: count,
  vocab_size: count,
  rms_norm_eps: positive,
  max_position_embeddings: count,
  rope_theta: positive.optional(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  eos_token_id: tokenIds,
  hidden_act: z.literal("silu").optional(),
  use_sliding_window: z.literal(false).optional(),
});

const config = z.object({
  model_type: z.literal("internvl"),
  vision_config: visionConfig,
  text_config: textConfig,
  image_token_id: z.int().nonnegative(),
  tie_word_embeddings: z.boolean().optional(),
  downsample_ratio: z.literal(0.5).optional(),
  projector_hidden_act: z.literal("gelu").optional(),
  vision_feature_layer: z.literal(-1).optional(),
  vision_feature_select_strategy: z.literal("default").optional(),
});

type VisionConfig = z.infer<typeof visionConfig>;
type TextConfig = z.infer<typeof textConfig>;

/** One line for each thing wrong, each opening with the path of the field. */
function describe(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`).join("; ");
}

function refuse(file: string, problem: string): never {
  throw new EngineError("E_FORMAT", `${file}: ${problem}`, { details: { file } });
}

function visionGeometry(vision: VisionConfig, file: string): VisionGeometry {
  const {
    hidden_size: hidden,
    num_attention_heads: heads,
    image_size: imageSize,
    patch_size: patch,
  } = vision;
  if (hidden % heads !== 0) {
    refuse(file, `vision_config.hidden_size ${hidden} is not a multiple of num_attention_heads ${heads}`);
  }
  if (imageSize % patch !== 0)
    refuse(file, `vision_config.image_size ${imageSize} is not a multiple of patch_size ${patch}`);
  return {
    hidden,
    layers: vision.num_hidden_layers,
    heads,
    intermediate: vision.intermediate_size,
    patch,
    imageSize,
    norm: vision.norm_type === "layer_norm" ? "layer" : "rms",
    normEps: vision.layer_norm_eps,
    qkNorm: vision.use_qk_norm,
  };
}

/** Older files: rope_theta beside rope_scaling (or null). Newer ones: everything in rope_parameters. */
function ropeGeometry(text: TextConfig, file: string): { ropeTheta: number; ropeFactor: number } {
  const scaling = text.rope_parameters ?? text.rope_scaling ?? {};
  const ropeTheta = text.rope_parameters?.rope_theta ?? text.rope_theta;
  if (ropeTheta === undefined)
    return refuse(file, "text_config.rope_parameters.rope_theta (or text_config.rope_theta) is missing");
  if ((scaling.rope_type ?? scaling.type ?? "default") === "default") return { ropeTheta, ropeFactor: 1 };
  if (scaling.factor === undefined)
    return refuse(file, "text_config: rotary scaling of type dynamic has no factor");
  return { ropeTheta, ropeFactor: scaling.factor };
}

function languageGeometry(text: TextConfig, file: string): LanguageGeometry {
  const { hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: kvHeads } = text;
  if (heads % kvHeads !== 0) {
    refuse(
      file,
      `text_config.num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`,
    );
  }
  const headDim = text.head_dim ?? hidden / heads;
  if (headDim % 2 !== 0) refuse(file, `text_config: expected an even width of a head, found ${headDim}`);
  return {
    hidden,
    layers: text.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    intermediate: text.intermediate_size,
    vocabulary: text.vocab_size,
    normEps: text.rms_norm_eps,
    ...ropeGeometry(text, file),
    maxPositions: text.max_position_embeddings,
  };
}

/** One id, several, or none, as config.json and generation_config.json write them. */
export function readTokenIds(value: unknown, file: string, key: string): number[] {
  const parsed = tokenIds.safeParse(value);
  if (!parsed.success)
    return refuse(file, `${key}: expected a token id or a list of them, found ${JSON.stringify(value)}`);
  return [parsed.data ?? []].flat();
}

/**
 * Reads a parsed config.json.
 *
 * @param file  Its path, for messages.
 * @throws {EngineError} E_FORMAT naming file and every field that is missing, mistyped or of a variant that the engine
 *   does not compute.
 */
export function readModelConfig(json: JsonObject, file: string): ModelConfig {
  const parsed = config.safeParse(json);
  if (!parsed.success) return refuse(file, describe(parsed.error));
  const { vision_config: vision, text_config: text, image_token_id: imageToken } = parsed.data;
  if (imageToken >= text.vocab_size)
    refuse(file, `image_token_id ${imageToken} is outside the vocabulary of ${text.vocab_size}`);
  return {
    geometry: { vision: visionGeometry(vision, file), language: languageGeometry(text, file), imageToken },
    visionQkvBias: vision.attention_bias,
    // The text part's own flag is stale in files that tie; only the top one speaks for the head.
    headMustExist: parsed.data.tie_word_embeddings === false,
    endTokens: [text.eos_token_id ?? []].flat(),
  };
}
