/** Bytes that training holds from step to step, from shapes and settings alone, as the engine lays them out. Pure. */
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { MappedParameter } from "../layout/parameters.js";
import type { DType, OptimizerStates, TrainablePart } from "../native/binding.js";
import { valuesOf } from "./memory-plan.js";

export const FLOAT = 4;
/** Trained values are laid out in blocks of this many, a parameter's last one filled up. */
const BLOCK = 256;
/** In 8 bits, moments of smaller parameters and of the token embedding stay float32. */
const LEAST_8BIT = 4096;
const EMBEDDING = "language.embed.weight";

export interface HeldPlan {
  readonly dtype: DType;
  readonly trainable: readonly TrainablePart[];
  /** Is a frozen reference kept? */
  readonly reference: boolean;
  readonly states: OptimizerStates;
  /** Are there float32 masters beside bfloat16 weights? */
  readonly masters: boolean;
}

export interface HeldBytes {
  readonly weights: number;
  readonly reference: number;
  readonly gradients: number;
  /** Master weights and moments. */
  readonly optimizer: number;
}

const padded = (values: number) => Math.ceil(values / BLOCK) * BLOCK;

function momentBytes(parameter: MappedParameter, states: OptimizerStates): number {
  const values = valuesOf([parameter]);
  const wide = values < LEAST_8BIT || parameter.parameter === EMBEDDING;
  if (states === "8bit" && !wide) return 2 * (padded(values) + (FLOAT * padded(values)) / BLOCK);
  return 2 * padded(values) * (states === "bfloat16" ? COMPUTED_BYTES.bfloat16 : FLOAT);
}

/** What lies in memory from step to step; a parameter that is trained is filled up to whole blocks. */
export function heldBytes(parameters: readonly MappedParameter[], plan: HeldPlan): HeldBytes {
  const width = COMPUTED_BYTES[plan.dtype];
  const parts: readonly string[] = plan.trainable.map((part) =>
    part === "motionProjector" ? "motion_projector" : part,
  );
  const isTrained = ({ parameter }: MappedParameter) =>
    parts.includes(parameter.slice(0, parameter.indexOf(".")));
  const trained = parameters.filter(isTrained);
  const sum = (of: (one: MappedParameter) => number) =>
    trained.reduce((total, parameter) => total + of(parameter), 0);
  const values = sum((one) => padded(valuesOf([one])));
  const moments = sum((one) => momentBytes(one, plan.states));
  const hasMasters = plan.dtype !== "float32" && plan.masters;
  return {
    weights: width * (valuesOf(parameters) - valuesOf(trained) + values),
    reference: plan.reference ? width * valuesOf(trained) : 0,
    gradients: FLOAT * values,
    optimizer: (hasMasters ? FLOAT * values : 0) + moments,
  };
}
