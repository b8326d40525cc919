/**
 * The tiny model before any training: every tensor drawn from a stream named after it, so that nothing depends on
 * the order of creation. What a tensor starts as is told by the engine's name for it.
 */
import { elementCount } from "../../lib/core/element-types.js";
import { Sfc32 } from "../../lib/synthetic/draw.js";
import { parametersOf } from "./architecture.js";
import type { Family, Shape } from "./family.js";

export interface StartTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Fill = (rng: Sfc32) => number;

const constant =
  (value: number): Fill =>
  () =>
    value;
const normal =
  (deviation: number): Fill =>
  (rng) =>
    deviation * rng.normal();
/** PyTorch's default for linear layers: uniform within ±1/√inputs, for weight and bias alike. */
const spread =
  (inputs: number): Fill =>
  (rng) =>
    (2 * rng.uniform() - 1) / Math.sqrt(inputs);

/** @param inputs  Of the layer that the tensor is a weight or bias of. */
function fillOf(model: Shape, parameter: string, shape: readonly number[], inputs: number): Fill {
  if (/(norm\w*\.weight|running_var)$/.test(parameter)) return constant(1);
  if (/(norm\w*\.bias|running_mean)$/.test(parameter)) return constant(0);
  if (/\.ls\d$/.test(parameter)) return constant(model.vision.layerScale);
  if (/embed|head/.test(parameter)) return normal(0.02);
  if (parameter.startsWith("motion.")) {
    const [out = 1, , ...kernel] = shape;
    return normal(Math.sqrt(2 / (out * elementCount(kernel))));
  }
  if (!parameter.startsWith("language.")) return spread(inputs);
  if (parameter.endsWith(".bias")) return constant(0);
  // Residual branches start small enough that depth does not change the scale of the stream (GPT-2's rule).
  const residual = /\.(attn\.out|mlp\.down)\./.test(parameter);
  return normal(1 / Math.sqrt(residual ? 2 * model.language.layers * inputs : inputs));
}

/** Values that are not drawn, or what is changed in those that are, by the engine's names or by the file's. */
export type Given = Readonly<Record<string, Float32Array | ((drawn: Float32Array) => void)>>;

/** All tensors of a checkpoint. */
export function startTensors(family: Family, seed: number, given: Given): StartTensor[] {
  const parameters = parametersOf(family);
  const widths = new Map(
    parameters.flatMap(({ tensors }) => tensors).map(({ name, shape }) => [name, shape[1] ?? 0]),
  );
  return parameters.flatMap(({ parameter, tensors }) =>
    tensors.map(({ name, shape }) => {
      const rng = new Sfc32("tiny start", seed, name);
      const fill = fillOf(family.shape, parameter, shape, widths.get(name.replace(/bias$/, "weight")) ?? 0);
      const set = given[name] ?? given[parameter];
      if (set instanceof Float32Array) return { name, shape, data: set };
      const data = Float32Array.from({ length: elementCount(shape) }, () => fill(rng));
      set?.(data);
      return { name, shape, data };
    }),
  );
}
