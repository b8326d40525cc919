/**
 * What a layout of checkpoints is: how its config.json is known, read and written, and, for every engine parameter, the
 * file's tensors that, joined along axis 0, give it. The language model's rows are the same in all of them.
 *
 * Dimensions: D vision width, W its query, key and value rows (3 D), F vision feed-forward, N positions, P patch side;
 * H language width, I language feed-forward, Q query rows, K key (and value) rows, V vocabulary; C width after pixel
 * shuffle (4 D).
 */
import type { JsonObject } from "../core/json.js";
import type { ModelConfig } from "./config-parts.js";
import type { WrittenModel } from "./config-write.js";

export type Dimension = "D" | "F" | "W" | "N" | "P" | "H" | "I" | "Q" | "K" | "V" | "C" | 1 | 3;
/** What must hold for a row to exist. */
export type Condition = "layerNorm" | "qkvBias" | "qkNorm" | "head";

export interface Row {
  /** Engine name; `{i}` is the layer. */
  readonly parameter: string;
  /** File name after its part's prefix, and shape, of each tensor joined along axis 0. */
  readonly tensors: readonly (readonly [name: string, shape: readonly Dimension[]])[];
  /** The engine's shape where it is not the join of the file's: same bytes, fewer axes. */
  readonly flat?: readonly (readonly Dimension[])[] | undefined;
  readonly when?: Condition | undefined;
}

export type Part = "vision" | "projector" | "language" | "head";

export type Prefixes = Readonly<Record<Part, string>>;

export interface Layout {
  /** `model_type` of its config.json, by which it is known. */
  readonly modelType: string;
  /** Whose code reads it, for messages. */
  readonly program: string;
  /** Does no file of it say how an answer ends? Then it ends with the chat template's separator. */
  readonly answerEndsTurn: boolean;
  /** The spellings of the parts' prefixes, each complete; files are written with the first. */
  readonly prefixes: readonly [Prefixes, ...Prefixes[]];
  /** In the order of the forward pass; `layers` rows repeat for each layer of their part. */
  readonly parts: readonly {
    readonly part: Part;
    readonly layers?: "vision" | "language" | undefined;
    readonly rows: readonly Row[];
  }[];
  /**
   * @param file  The path of config.json, for messages.
   * @throws {EngineError} E_FORMAT naming file and every field that is missing, mistyped or of a variant that the engine
   *   does not compute.
   */
  readConfig(json: JsonObject, file: string): ModelConfig;
  /** The parsed content of config.json. */
  writeConfig(model: WrittenModel): JsonObject;
}

export function one(parameter: string, name: string, shape: readonly Dimension[], when?: Condition): Row {
  return { parameter, tensors: [[name, shape]], when };
}

/** A linear layer with bias: weight [outputs, inputs], bias [outputs]. */
export function linear(parameter: string, name: string, outputs: Dimension, inputs: Dimension): Row[] {
  return [
    one(`${parameter}.weight`, `${name}.weight`, [outputs, inputs]),
    one(`${parameter}.bias`, `${name}.bias`, [outputs]),
  ];
}

/** A norm of the vision tower: LayerNorm has a bias, RMSNorm none. */
export function visionNorm(parameter: string, name: string): Row[] {
  return [
    one(`${parameter}.weight`, `${name}.weight`, ["D"]),
    one(`${parameter}.bias`, `${name}.bias`, ["D"], "layerNorm"),
  ];
}

/** Embedding, decoder, last norm and head, in the names of transformers' Qwen2. */
export const LANGUAGE_PARTS: Layout["parts"] = [
  { part: "language", rows: [one("language.embed.weight", "embed_tokens.weight", ["V", "H"])] },
  {
    part: "language",
    layers: "language",
    rows: [
      one("language.layers.{i}.norm1.weight", "layers.{i}.input_layernorm.weight", ["H"]),
      {
        parameter: "language.layers.{i}.attn.qkv.weight",
        tensors: [
          ["layers.{i}.self_attn.q_proj.weight", ["Q", "H"]],
          ["layers.{i}.self_attn.k_proj.weight", ["K", "H"]],
          ["layers.{i}.self_attn.v_proj.weight", ["K", "H"]],
        ],
      },
      {
        parameter: "language.layers.{i}.attn.qkv.bias",
        tensors: [
          ["layers.{i}.self_attn.q_proj.bias", ["Q"]],
          ["layers.{i}.self_attn.k_proj.bias", ["K"]],
          ["layers.{i}.self_attn.v_proj.bias", ["K"]],
        ],
      },
      one("language.layers.{i}.attn.out.weight", "layers.{i}.self_attn.o_proj.weight", ["H", "Q"]),
      one("language.layers.{i}.norm2.weight", "layers.{i}.post_attention_layernorm.weight", ["H"]),
      {
        parameter: "language.layers.{i}.mlp.gate_up.weight",
        tensors: [
          ["layers.{i}.mlp.gate_proj.weight", ["I", "H"]],
          ["layers.{i}.mlp.up_proj.weight", ["I", "H"]],
        ],
      },
      one("language.layers.{i}.mlp.down.weight", "layers.{i}.mlp.down_proj.weight", ["H", "I"]),
    ],
  },
  { part: "language", rows: [one("language.norm.weight", "norm.weight", ["H"])] },
  { part: "head", rows: [one("language.head.weight", "lm_head.weight", ["V", "H"], "head")] },
];
