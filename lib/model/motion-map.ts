/**
 * Names of the motion parts: SlowFast's tensors, kept as they are, and the projector of its feature. SlowFast's depth
 * and widths are read from the tensors by the engine; here only what one name says about another is checked.
 */
import type { MappedParameter } from "./weight-map.js";

const SLOWFAST = "slowfast_model.feature_extraction.";
const PROJECTOR = "motion_mlp.";
/** Norm and linear layers of motion_mlp stand at these places of it; 2 is the activation. */
const PROJECTOR_PLACES = { norm: 0, fc1: 1, fc2: 3 } as const;

const BLOCK =
  /^(\d+\.(?:multipathway_fusion|multipathway_blocks\.[01](?:\.res_blocks\.\d+(?:\.branch2)?)?)\.)(\w+)\.(\w+)$/;
/** Each convolution of a block, by the norm that follows it. */
const CONVOLUTION_OF: Readonly<Record<string, readonly string[]>> = {
  norm: ["conv", "conv_fast_to_slow"],
  branch1_norm: ["branch1_conv"],
  norm_a: ["conv_a"],
  norm_b: ["conv_b"],
  norm_c: ["conv_c"],
};
const NORM_VECTORS = ["weight", "bias", "running_mean", "running_var"] as const;
/** A convolution's weight is [out, in, time, height, width]. */
const CONVOLUTION_AXES = 5;

/** The tensors of a file by name. */
type Stored = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** `block` → its pairs of convolution and norm: every pair of which the file has at least one tensor. */
function pairsIn(stored: Stored): { convolution: string; norm: string }[] {
  const pairs = new Map<string, { convolution: string; norm: string }>();
  for (const name of stored.keys()) {
    const [, block = "", layer = ""] =
      (name.startsWith(SLOWFAST) && BLOCK.exec(name.slice(SLOWFAST.length))) || [];
    const norm = Object.keys(CONVOLUTION_OF).find(
      (key) => key === layer || CONVOLUTION_OF[key]?.includes(layer),
    );
    if (norm === undefined) continue;
    const kinds = CONVOLUTION_OF[norm] ?? [];
    const kind = block.endsWith("multipathway_fusion.") ? kinds.at(-1) : kinds[0];
    pairs.set(block + norm, { convolution: `${block}${kind}`, norm: block + norm });
  }
  return [...pairs.values()];
}

/** SlowFast: every convolution with the four vectors of its norm, under the engine's `motion.` prefix. */
function mapSlowFast(stored: Stored): MappedParameter[] {
  const own = (rest: string, shape: readonly number[]): MappedParameter => ({
    parameter: `motion.${rest}`,
    shape,
    tensors: [{ name: SLOWFAST + rest, shape }],
  });
  return pairsIn(stored).flatMap(({ convolution, norm }) => {
    const found = stored.get(`${SLOWFAST}${convolution}.weight`)?.shape ?? [];
    const shape = Array.from({ length: CONVOLUTION_AXES }, (_, axis) => found[axis] ?? 1);
    return [
      own(`${convolution}.weight`, shape),
      ...NORM_VECTORS.map((vector) => own(`${norm}.${vector}`, shape.slice(0, 1))),
    ];
  });
}

/** The projector of the motion feature: LayerNorm, Linear, GELU, Linear; the feature's width is the norm's. */
function mapMotionProjector(stored: Stored, hidden: number): MappedParameter[] {
  const width = stored.get(`${PROJECTOR}${PROJECTOR_PLACES.norm}.weight`)?.shape[0] ?? 0;
  const inputs = { norm: [], fc1: [width], fc2: [hidden] } as const;
  return (["norm", "fc1", "fc2"] as const).flatMap((layer) => {
    const outputs = layer === "norm" ? width : hidden;
    return (["weight", "bias"] as const).map((kind) => {
      const shape = kind === "weight" ? [outputs, ...inputs[layer]] : [outputs];
      const name = `${PROJECTOR}${PROJECTOR_PLACES[layer]}.${kind}`;
      return { parameter: `motion_projector.${layer}.${kind}`, shape, tensors: [{ name, shape }] };
    });
  });
}

/**
 * The motion parts that these tensors call for: both lists empty when the file has none of them, and every tensor of
 * a part listed when it has any. A motion tensor in neither list is one that the engine does not know.
 *
 * @param hidden  H, width of the language model.
 */
export function mapMotion(
  stored: Stored,
  hidden: number,
): { slowFast: MappedParameter[]; projector: MappedParameter[] } {
  const slowFast = mapSlowFast(stored);
  const hasMotion = slowFast.length > 0 || [...stored.keys()].some((name) => name.startsWith(PROJECTOR));
  return { slowFast, projector: hasMotion ? mapMotionProjector(stored, hidden) : [] };
}
