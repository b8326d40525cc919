/** What the config.json of all layouts have in common: sizes, the text model, token ids. Knows no tensor names. */
import { z } from "zod";
import { refuse, shown } from "../core/refuse.js";
import type { LanguageGeometry, VisionGeometry } from "../native/binding.js";

/** What config.json says about a checkpoint. */
export interface ModelConfig {
  readonly geometry: { readonly vision: VisionGeometry; readonly language: LanguageGeometry };
  /** Id of the visual slot; null where only the tokenizer says it. */
  readonly imageToken: number | null;
  /** Do the fused q, k, v of the vision tower have a bias? */
  readonly visionQkvBias: boolean;
  /** True when the file says so, that the head has its own matrix; then a missing one is an error. */
  readonly headMustExist: boolean;
  /** End-of-text ids of the text model; empty when the file names none. */
  readonly endTokens: readonly number[];
}

export const count = z.int().positive();
export const positive = z.number().positive();
/** Every layer is a dozen names to look for; no model has a thousand. */
const layers = z.int().positive().max(1000);
/** Sides of squares are written as one number or as one per axis. */
export const side = z
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

/** The vision tower's sizes, under the same keys in all layouts. */
export const visionSizes = {
  hidden_size: count,
  num_hidden_layers: layers,
  num_attention_heads: count,
  intermediate_size: count,
  patch_size: side,
  image_size: side,
  norm_type: z.enum(["layer_norm", "rms_norm"]),
  layer_norm_eps: positive,
  num_channels: z.literal(3).optional(),
  hidden_act: z.literal("gelu").optional(),
};

/** Where a key is a variant and not a size, its absence means the only variant there is: the one required here. */
export const textConfig = z.object({
  model_type: z.literal("qwen2"),
  hidden_size: count,
  num_hidden_layers: layers,
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
  tie_word_embeddings: z.boolean().optional(),
});

type TextConfig = z.infer<typeof textConfig>;
type VisionSizes = z.infer<z.ZodObject<typeof visionSizes>>;

function visionGeometry(vision: VisionSizes, qkNorm: boolean, file: string): VisionGeometry {
  const { hidden_size: hidden, num_attention_heads: heads } = vision;
  const { image_size: imageSize, patch_size: patch } = vision;
  if (hidden % heads !== 0) {
    const problem = `vision_config.hidden_size ${hidden} is not a multiple of num_attention_heads ${heads}`;
    refuse(file, null, problem);
  }
  if (imageSize % patch !== 0)
    refuse(file, null, `vision_config.image_size ${imageSize} is not a multiple of patch_size ${patch}`);
  return {
    hidden,
    layers: vision.num_hidden_layers,
    heads,
    intermediate: vision.intermediate_size,
    patch,
    imageSize,
    norm: vision.norm_type === "layer_norm" ? "layer" : "rms",
    normEps: vision.layer_norm_eps,
    qkNorm,
  };
}

/** Older files: rope_theta beside rope_scaling (or null). Newer ones: everything in rope_parameters. */
function ropeGeometry(
  text: TextConfig,
  key: string,
  file: string,
): { ropeTheta: number; ropeFactor: number } {
  const scaling = text.rope_parameters ?? text.rope_scaling ?? {};
  const ropeTheta = text.rope_parameters?.rope_theta ?? text.rope_theta;
  if (ropeTheta === undefined)
    return refuse(file, null, `${key}.rope_parameters.rope_theta (or ${key}.rope_theta) is missing`);
  if ((scaling.rope_type ?? scaling.type ?? "default") === "default") return { ropeTheta, ropeFactor: 1 };
  if (scaling.factor === undefined)
    return refuse(file, null, `${key}: rotary scaling of type dynamic has no factor`);
  return { ropeTheta, ropeFactor: scaling.factor };
}

function languageGeometry(text: TextConfig, key: string, file: string): LanguageGeometry {
  const { hidden_size: hidden, num_attention_heads: heads, num_key_value_heads: kvHeads } = text;
  if (heads % kvHeads !== 0) {
    const problem = `${key}.num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`;
    refuse(file, null, problem);
  }
  const headDim = text.head_dim ?? hidden / heads;
  if (headDim % 2 !== 0) refuse(file, null, `${key}: expected an even width of a head, found ${headDim}`);
  return {
    hidden,
    layers: text.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    intermediate: text.intermediate_size,
    vocabulary: text.vocab_size,
    normEps: text.rms_norm_eps,
    ...ropeGeometry(text, key, file),
    maxPositions: text.max_position_embeddings,
  };
}

/** One id, several, or none, as config.json and generation_config.json write them. */
export function readTokenIds(value: unknown, file: string, key: string): number[] {
  const parsed = tokenIds.safeParse(value);
  if (!parsed.success)
    return refuse(file, null, `${key}: expected a token id or a list of them, found ${shown(value)}`);
  return [parsed.data ?? []].flat();
}

/** What a layout's reader found: the parts that all have, and what each says in its own keys. */
export interface FoundConfig extends Pick<ModelConfig, "imageToken" | "visionQkvBias" | "headMustExist"> {
  readonly vision: VisionSizes;
  readonly qkNorm: boolean;
  readonly text: TextConfig;
  /** Where the text model's object stands in the file, for messages. */
  readonly textKey: string;
}

/** @throws {EngineError} E_FORMAT for sizes that do not go together. */
export function modelConfig(
  { vision, qkNorm, text, textKey, ...found }: FoundConfig,
  file: string,
): ModelConfig {
  return {
    ...found,
    geometry: {
      vision: visionGeometry(vision, qkNorm, file),
      language: languageGeometry(text, textKey, file),
    },
    endTokens: readTokenIds(text.eos_token_id, file, `${textKey}.eos_token_id`),
  };
}
