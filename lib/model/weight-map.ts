/**
 * Names of a weight file and names of the engine, as data: for every engine parameter the file's tensors that, joined
 * along axis 0, give it. A layout is one table of rows; another layout is another table. Reads no file.
 *
 * Dimensions: D vision width, F vision feed-forward, N positions, P patch side; H language width, I language
 * feed-forward, Q query rows, K key (and value) rows, V vocabulary; C width after pixel shuffle (4 D).
 */
import type { ModelConfig } from "./spec.js";

type Dimension = "D" | "F" | "N" | "P" | "H" | "I" | "Q" | "K" | "V" | "C" | 1 | 3;
/** What must hold for a row to exist. */
type Condition = "layerNorm" | "qkvBias" | "qkNorm" | "stored";

interface Row {
  /** Engine name; `{i}` is the layer. */
  readonly parameter: string;
  /** File name after its part's prefix, and shape, of each tensor joined along axis 0. */
  readonly tensors: readonly (readonly [name: string, shape: readonly Dimension[]])[];
  /** The engine's shape where it is not the join of the file's: same bytes, fewer axes. */
  readonly flat?: readonly (readonly Dimension[])[];
  readonly when?: Condition;
}

type Part = "vision" | "projector" | "language" | "head";

interface Layout {
  /** The spellings of the parts' prefixes, each complete. */
  readonly prefixes: readonly Readonly<Record<Part, string>>[];
  /** In the order of the forward pass; `layers` rows repeat for each layer of their part. */
  readonly parts: readonly {
    readonly part: Part;
    readonly layers?: "vision" | "language";
    readonly rows: readonly Row[];
  }[];
}

function one(parameter: string, name: string, shape: readonly Dimension[], when?: Condition): Row {
  return { parameter, tensors: [[name, shape]], ...(when === undefined ? {} : { when }) };
}

/** A linear layer with bias: weight [outputs, inputs], bias [outputs]. */
function linear(parameter: string, name: string, outputs: Dimension, inputs: Dimension): Row[] {
  return [
    one(`${parameter}.weight`, `${name}.weight`, [outputs, inputs]),
    one(`${parameter}.bias`, `${name}.bias`, [outputs]),
  ];
}

/** A norm of the vision tower: LayerNorm has a bias, RMSNorm none. */
function visionNorm(parameter: string, name: string): Row[] {
  return [
    one(`${parameter}.weight`, `${name}.weight`, ["D"]),
    one(`${parameter}.bias`, `${name}.bias`, ["D"], "layerNorm"),
  ];
}

/** The layout of transformers (`model_type: internvl`), in its two spellings on disk. */
export const HF_NATIVE: Layout = {
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
        ...visionNorm("vision.layers.{i}.norm1", "encoder.layer.{i}.layernorm_before"),
        {
          parameter: "vision.layers.{i}.attn.qkv.weight",
          tensors: [
            ["encoder.layer.{i}.attention.q_proj.weight", ["D", "D"]],
            ["encoder.layer.{i}.attention.k_proj.weight", ["D", "D"]],
            ["encoder.layer.{i}.attention.v_proj.weight", ["D", "D"]],
          ],
        },
        {
          parameter: "vision.layers.{i}.attn.qkv.bias",
          tensors: [
            ["encoder.layer.{i}.attention.q_proj.bias", ["D"]],
            ["encoder.layer.{i}.attention.k_proj.bias", ["D"]],
            ["encoder.layer.{i}.attention.v_proj.bias", ["D"]],
          ],
          when: "qkvBias",
        },
        one(
          "vision.layers.{i}.attn.q_norm.weight",
          "encoder.layer.{i}.attention.q_norm.weight",
          ["D"],
          "qkNorm",
        ),
        one(
          "vision.layers.{i}.attn.k_norm.weight",
          "encoder.layer.{i}.attention.k_norm.weight",
          ["D"],
          "qkNorm",
        ),
        ...linear("vision.layers.{i}.attn.out", "encoder.layer.{i}.attention.projection_layer", "D", "D"),
        one("vision.layers.{i}.ls1", "encoder.layer.{i}.lambda_1", ["D"]),
        ...visionNorm("vision.layers.{i}.norm2", "encoder.layer.{i}.layernorm_after"),
        ...linear("vision.layers.{i}.mlp.fc1", "encoder.layer.{i}.mlp.fc1", "F", "D"),
        ...linear("vision.layers.{i}.mlp.fc2", "encoder.layer.{i}.mlp.fc2", "D", "F"),
        one("vision.layers.{i}.ls2", "encoder.layer.{i}.lambda_2", ["D"]),
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
    { part: "head", rows: [one("language.head.weight", "lm_head.weight", ["V", "H"], "stored")] },
  ],
};

/** One engine parameter with its place in a file of this geometry. */
export interface MappedParameter {
  readonly parameter: string;
  /** The engine's shape. */
  readonly shape: readonly number[];
  /** Joined along axis 0, with the file's shapes. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

function dimensions({ geometry: { vision, language } }: ModelConfig): Record<Dimension, number> {
  return {
    D: vision.hidden,
    F: vision.intermediate,
    N: 1 + (vision.imageSize / vision.patch) ** 2,
    P: vision.patch,
    H: language.hidden,
    I: language.intermediate,
    Q: language.heads * language.headDim,
    K: language.kvHeads * language.headDim,
    V: language.vocabulary,
    C: 4 * vision.hidden,
    1: 1,
    3: 3,
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** Along axis 0 the sizes add up; the other axes are those of the first. */
function joinedShape(shapes: readonly (readonly number[])[]): number[] {
  const rows = shapes.reduce((sum, shape) => sum + (shape[0] ?? 0), 0);
  return [rows, ...(shapes[0] ?? []).slice(1)];
}

/** The spelling of the prefixes that these names use: the one that most of them begin with; null when none does. */
export function spellingOf(names: readonly string[], layout: Layout): Readonly<Record<Part, string>> | null {
  const counted = layout.prefixes.map((prefixes) => ({
    prefixes,
    hits: names.filter((name) => name.startsWith(prefixes.vision) || name.startsWith(prefixes.language))
      .length,
  }));
  const best = counted.reduce((a, b) => (b.hits > a.hits ? b : a));
  return best.hits === 0 ? null : best.prefixes;
}

/**
 * Every parameter of the vision tower, the projector and the language model, in the order of the forward pass. The
 * head is among them when the file has its matrix or must have it; else it is the embedding.
 *
 * @param stored  The tensors of the file by name.
 */
export function mapWeights(
  layout: Layout,
  prefixes: Readonly<Record<Part, string>>,
  config: ModelConfig,
  stored: ReadonlyMap<string, unknown>,
): MappedParameter[] {
  const sizes = dimensions(config);
  const holds: Record<Exclude<Condition, "stored">, boolean> = {
    layerNorm: config.geometry.vision.norm === "layer",
    qkvBias: config.visionQkvBias,
    qkNorm: config.geometry.vision.qkNorm,
  };
  const exists = ({ when, tensors }: Row, prefix: string): boolean => {
    if (when === "stored")
      return config.headMustExist || tensors.every(([name]) => stored.has(prefix + name));
    return when === undefined || holds[when];
  };
  const place = (row: Row, prefix: string, layer: number): MappedParameter => {
    const named = (name: string): string => name.replace("{i}", String(layer));
    const tensors = row.tensors.map(([name, shape]) => ({
      name: prefix + named(name),
      shape: shape.map((d) => sizes[d]),
    }));
    const shape =
      row.flat?.map((axes) => product(axes.map((d) => sizes[d]))) ?? joinedShape(tensors.map((t) => t.shape));
    return { parameter: named(row.parameter), shape, tensors };
  };
  return layout.parts.flatMap(({ part, layers, rows }) => {
    const present = rows.filter((row) => exists(row, prefixes[part]));
    const repeats = layers === undefined ? 1 : config.geometry[layers].layers;
    return Array.from({ length: repeats }, (_, i) =>
      present.map((row) => place(row, prefixes[part], i)),
    ).flat();
  });
}
