/**
 * Names of the motion parts: SlowFast's tensors, kept as they are, and the projector of its feature. SlowFast's depth
 * and widths are read from the tensors.
 */
import { streamOf } from "../core/rng.js";
import type { RandomStart } from "../native/binding.js";
import type { MappedParameter, MotionParameters } from "./parameters.js";
import { type SlowFastShapes, slowFastLayers } from "./slowfast.js";

const SLOWFAST_PREFIX = "slowfast_model.feature_extraction.";
/** What pytorchvideo's own file, and `vqathinker convert` after it, says instead. */
const FILE_PREFIX = "blocks.";
const PROJECTOR = "motion_mlp.";
/** Norm and linear layers of motion_mlp stand at these places of it; 2 is the activation. */
const PROJECTOR_PLACES = { norm: 0, fc1: 1, fc2: 3 } as const;
const NORM_VECTORS = ["weight", "bias", "running_mean", "running_var"] as const;

/** The tensors of a file by name. */
type Stored = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** One more than the highest number that `pattern` finds in these names; 0 when it finds none. */
function counted(names: readonly string[], pattern: RegExp): number {
  return names.reduce((most, name) => Math.max(most, Number(pattern.exec(name)?.[1] ?? -1) + 1), 0);
}

/**
 * The network whose tensors a file has under a prefix. No network has a hundred stages, or blocks in one; a file that
 * claims so is not followed there.
 */
function shapesIn(stored: Stored, names: readonly string[]): SlowFastShapes {
  return {
    stages: counted(names, /^(\d{1,2})\.multipathway_blocks\./),
    blocksIn: (stage, pathway) =>
      counted(names, new RegExp(`^${stage}\\.multipathway_blocks\\.${pathway}\\.res_blocks\\.(\\d{1,2})\\.`)),
    shapeOf: (convolution) => stored.get(`${SLOWFAST_PREFIX}${convolution}.weight`)?.shape ?? null,
  };
}

/** Every convolution with the four vectors of its norm, under the engine's `motion.` prefix. */
function mapSlowFast(shapes: SlowFastShapes): MappedParameter[] {
  const own = (rest: string, shape: readonly number[]): MappedParameter => ({
    parameter: `motion.${rest}`,
    shape,
    tensors: [{ name: SLOWFAST_PREFIX + rest, shape }],
  });
  return slowFastLayers(shapes).flatMap(({ convolution, norm, shape }) => [
    own(`${convolution}.weight`, shape),
    ...NORM_VECTORS.map((vector) => own(`${norm}.${vector}`, shape.slice(0, 1))),
  ]);
}

/**
 * The projector of the motion feature: LayerNorm, Linear, GELU, Linear.
 *
 * @param width   Of the motion feature.
 * @param hidden  H, width of the language model.
 */
function mapMotionProjector(width: number, hidden: number): MappedParameter[] {
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

/** Channels of the pooled feature: the outputs of both pathways' last blocks, slow first. */
function motionWidth(slowFast: readonly MappedParameter[]): number {
  const last = (pathway: number): number =>
    slowFast
      .filter(({ parameter }) =>
        new RegExp(`\\.multipathway_blocks\\.${pathway}\\..*conv_c\\.weight$`).test(parameter),
      )
      .at(-1)?.shape[0] ?? 0;
  return last(0) + last(1);
}

/** The name that a tensor of a SlowFast file has in a checkpoint; its own where it is not one of SlowFast's. */
export function checkpointName(name: string): string {
  return name.startsWith(FILE_PREFIX) ? SLOWFAST_PREFIX + name.slice(FILE_PREFIX.length) : name;
}

export function isSlowFast(name: string): boolean {
  return name.startsWith(SLOWFAST_PREFIX);
}

export function isMotionProjector(name: string): boolean {
  return name.startsWith(PROJECTOR);
}

/**
 * How a new projector starts, as in the released trainer: weights uniform in [0, 0.01), biases 0, norm 1 and 0.
 *
 * @param parameter  `motion_projector.*`.
 */
export function projectorStart(parameter: string): RandomStart {
  const stream = streamOf("start", parameter);
  if (parameter.endsWith("bias")) return { stream, low: 0, high: 0 };
  return parameter.endsWith("norm.weight") ? { stream, low: 1, high: 1 } : { stream, low: 0, high: 0.01 };
}

/** The motion parts around a network of these shapes. */
export function motionOf(shapes: SlowFastShapes, hidden: number): MotionParameters {
  const slowFast = mapSlowFast(shapes);
  return { slowFast, projector: mapMotionProjector(motionWidth(slowFast), hidden) };
}

/**
 * The motion parts that these tensors call for: both lists empty when the file has none of them, and every tensor of
 * both parts when it has any. A motion tensor in neither list is one that the engine does not know.
 *
 * @param hidden  H, width of the language model.
 */
export function mapMotion(stored: Stored, hidden: number): MotionParameters {
  const names = [...stored.keys()];
  const own = names.filter(isSlowFast);
  if (own.length === 0 && !names.some(isMotionProjector)) return { slowFast: [], projector: [] };
  const short = own.map((name) => name.slice(SLOWFAST_PREFIX.length));
  return motionOf(shapesIn(stored, short), hidden);
}
