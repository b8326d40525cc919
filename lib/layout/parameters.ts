/**
 * Names of a weight file and names of the engine, put together for one geometry. The names themselves are the tables
 * of the layouts. Reads no file.
 */
import { elementCount } from "../core/element-types.js";
import type { SavedTensor } from "../native/binding.js";
import type { ModelConfig } from "./config-parts.js";
import type { Condition, Dimension, Layout, Prefixes, Row } from "./layout.js";

/** One engine parameter with its place in a file of this geometry. */
export interface MappedParameter {
  readonly parameter: string;
  /** The engine's shape. */
  readonly shape: readonly number[];
  /** Joined along axis 0, with the file's shapes. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Is it a running statistic of batch norm, which nothing trains and nobody counts? */
export function isStatistic({ parameter }: Pick<MappedParameter, "parameter">): boolean {
  return /\.running_(mean|var)$/.test(parameter);
}

/** Of the parts that all layouts name alike; both empty for a model without motion. */
export interface MotionParameters {
  readonly slowFast: readonly MappedParameter[];
  readonly projector: readonly MappedParameter[];
}

function dimensions({ geometry: { vision, language } }: ModelConfig): Record<Dimension, number> {
  return {
    D: vision.hidden,
    W: 3 * vision.hidden,
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

/** Along axis 0 the sizes add up; the other axes are those of the first. */
function joinedShape(shapes: readonly (readonly number[])[]): number[] {
  const rows = shapes.reduce((sum, shape) => sum + (shape[0] as number), 0);
  return [rows, ...(shapes[0] ?? []).slice(1)];
}

/** The spelling of the prefixes that these names use: the one that most of them begin with; null when none does. */
export function spellingOf(names: readonly string[], layout: Layout): Prefixes | null {
  const counted = layout.prefixes.map((prefixes) => ({
    prefixes,
    hits: names.filter((name) => name.startsWith(prefixes.vision) || name.startsWith(prefixes.language))
      .length,
  }));
  const best = counted.reduce((a, b) => (b.hits > a.hits ? b : a));
  return best.hits === 0 ? null : best.prefixes;
}

/** Every parameter of the vision tower, the projector and the language model, in the order of the forward pass. */
function mapWeights(
  layout: Layout,
  prefixes: Prefixes,
  config: ModelConfig,
  tied: boolean,
): MappedParameter[] {
  const sizes = dimensions(config);
  const holds: Record<Condition, boolean> = {
    layerNorm: config.geometry.vision.norm === "layer",
    qkvBias: config.visionQkvBias,
    qkNorm: config.geometry.vision.qkNorm,
    head: !tied,
  };
  const place = (row: Row, prefix: string, layer: number): MappedParameter => {
    const named = (name: string): string => name.replace("{i}", String(layer));
    const tensors = row.tensors.map(([name, shape]) => ({
      name: prefix + named(name),
      shape: shape.map((d) => sizes[d]),
    }));
    const shape =
      row.flat?.map((axes) => elementCount(axes.map((d) => sizes[d]))) ??
      joinedShape(tensors.map((t) => t.shape));
    return { parameter: named(row.parameter), shape, tensors };
  };
  return layout.parts.flatMap(({ part, layers, rows }) => {
    const present = rows.filter(({ when }) => when === undefined || holds[when]);
    const repeats = layers === undefined ? 1 : config.geometry[layers].layers;
    return Array.from({ length: repeats }, (_, i) =>
      present.map((row) => place(row, prefixes[part], i)),
    ).flat();
  });
}

/**
 * Every parameter of the model in the order of the forward pass.
 *
 * @param tied  Is the head the embedding? Else it has a matrix of its own.
 */
export function mapModel(
  layout: Layout,
  prefixes: Prefixes,
  config: ModelConfig,
  tied: boolean,
  motion: MotionParameters,
): MappedParameter[] {
  const weights = mapWeights(layout, prefixes, config, tied);
  const firstOfLanguage = weights.findIndex(({ parameter }) => parameter.startsWith("language."));
  return [
    ...motion.slowFast,
    ...weights.slice(0, firstOfLanguage),
    ...motion.projector,
    ...weights.slice(firstOfLanguage),
  ];
}

/** The tensors that one parameter is saved as. */
export function savedTensors({ parameter, shape: engineShape, tensors }: MappedParameter): SavedTensor[] {
  let rowEnd = 0;
  return tensors.map(({ name, shape }) => {
    const rowBegin = rowEnd;
    // A lone tensor may have other axes in the file than in the engine; several have the same.
    rowEnd += (tensors.length === 1 ? engineShape[0] : shape[0]) as number;
    return { name, shape, parameter, rowBegin, rowEnd };
  });
}
