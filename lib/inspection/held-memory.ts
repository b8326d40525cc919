/** Bytes that training holds from step to step, from shapes and settings alone, as the engine lays them out. Pure. */
import { adapterValues, linearModules, targetedModules } from "../adapter/modules.js";
import { optionError } from "../core/check.js";
import { COMPUTED_BYTES } from "../core/element-types.js";
import type { ModelConfig } from "../layout/config-parts.js";
import { isStatistic, type MappedParameter } from "../layout/parameters.js";
import type { DType, OptimizerStates, TrainablePart } from "../native/binding.js";
import { valuesOf } from "./memory-plan.js";

export const FLOAT = 4;
/** Trained values are laid out in blocks of this many, a parameter's last one filled up. */
const BLOCK = 256;
/** In 8 bits, moments of smaller parameters and of the token embedding stay float32. */
const LEAST_8BIT = 4096;
const EMBEDDING = "language.embed.weight";

/** What a plan knows of a model: config.json, and the shapes that it calls for. */
export interface MemoryShape {
  readonly config: ModelConfig;
  readonly parameters: readonly MappedParameter[];
}

/** Low-rank adapters: on which linear layers, by PEFT's `target_modules`, and how large. */
export interface LoraSpec {
  readonly targets: readonly string[] | string;
  readonly rank: number;
  readonly dora?: boolean | undefined;
}

export interface HeldPlan {
  readonly dtype: DType;
  /** "adapters" are those of `lora`. */
  readonly trainable: readonly TrainablePart[];
  readonly lora?: LoraSpec | undefined;
  /** Is a frozen reference kept? */
  readonly reference: boolean;
  readonly states: OptimizerStates;
  /** Are there float32 masters beside bfloat16 weights? */
  readonly masters: boolean;
}

export interface HeldBytes {
  /** Adapters included. */
  readonly weights: number;
  readonly reference: number;
  readonly gradients: number;
  readonly masters: number;
  readonly moments: number;
}

/** A linear layer that has an adapter. */
export interface Adapted {
  /** The engine's parameter. */
  readonly weight: string;
  readonly rows: number;
  readonly columns: number;
}

const padded = (values: number) => Math.ceil(values / BLOCK) * BLOCK;

export function sum(values: Iterable<number>): number {
  return [...values].reduce((total, one) => total + one, 0);
}

/** The linear layers that `lora` puts adapters on. @throws {EngineError} E_OPTION for a target that no layer has. */
export function adaptedBy({ config }: MemoryShape, lora: LoraSpec | undefined): readonly Adapted[] {
  if (lora === undefined) return [];
  return targetedModules(linearModules(config), lora.targets, (place, expected, found, hint) =>
    optionError(`lora.targets${place}`, expected, found, hint),
  );
}

/** Values of each parameter that adapters bring. */
function addedValues(adapted: readonly Adapted[], lora: LoraSpec | undefined): number[] {
  if (lora === undefined) return [];
  return adapted.flatMap((layer) => adapterValues(layer, lora.rank, lora.dora ?? false));
}

/** Are moments of a parameter float32 although they are kept in 8 bits? */
const staysWide = (values: number, isEmbedding: boolean) => values < LEAST_8BIT || isEmbedding;

function momentBytes(values: number, states: OptimizerStates, isEmbedding = false): number {
  if (states === "8bit" && !staysWide(values, isEmbedding))
    return 2 * (padded(values) + (FLOAT * padded(values)) / BLOCK);
  return 2 * padded(values) * (states === "bfloat16" ? COMPUTED_BYTES.bfloat16 : FLOAT);
}

/** Is a parameter of the model itself trained? Statistics of batch norm never are. */
function trainedBy(trainable: readonly TrainablePart[]): (one: MappedParameter) => boolean {
  const parts: readonly string[] = trainable.map((part) =>
    part === "motionProjector" ? "motion_projector" : part,
  );
  return (one) => parts.includes(one.parameter.slice(0, one.parameter.indexOf("."))) && !isStatistic(one);
}

/** Values that train, and all of them, adapters included; and on how many linear layers of each part adapters are. */
export interface TrainedValues {
  readonly trained: number;
  readonly all: number;
  readonly adapted: { readonly vision: number; readonly projector: number; readonly language: number };
}

export function trainedValues(shape: MemoryShape, plan: HeldPlan): TrainedValues {
  const adapted = adaptedBy(shape, plan.lora);
  const added = sum(addedValues(adapted, plan.lora));
  const own = valuesOf(shape.parameters.filter(trainedBy(plan.trainable)));
  const on = (part: string) => adapted.filter(({ weight }) => weight.startsWith(`${part}.`)).length;
  return {
    trained: own + (plan.trainable.includes("adapters") ? added : 0),
    all: valuesOf(shape.parameters.filter((one) => !isStatistic(one))) + added,
    adapted: { vision: on("vision"), projector: on("projector"), language: on("language") },
  };
}

/** What lies in memory from step to step; a parameter that is trained is filled up to whole blocks. */
export function heldBytes(shape: MemoryShape, plan: HeldPlan): HeldBytes {
  const { parameters } = shape;
  const width = COMPUTED_BYTES[plan.dtype];
  const trained = parameters.filter(trainedBy(plan.trainable));
  const own = addedValues(adaptedBy(shape, plan.lora), plan.lora);
  const learns = plan.trainable.includes("adapters");
  const values = sum(trained.map((one) => padded(valuesOf([one]))));
  const added = sum(own.map((count) => (learns ? padded(count) : count)));
  const narrow = plan.dtype !== "float32";
  const moments = trained.map((one) =>
    momentBytes(valuesOf([one]), plan.states, one.parameter === EMBEDDING),
  );
  // Beside bfloat16 weights that train, adapters have their place in the array of those, too.
  const doubled = learns && narrow && values > 0 ? width * added : 0;
  return {
    weights: width * (valuesOf(parameters) - valuesOf(trained) + values) + FLOAT * added + doubled,
    reference: plan.reference ? width * valuesOf(trained) : 0,
    gradients: FLOAT * (values + (learns ? added : 0)),
    masters: narrow && plan.masters ? FLOAT * values : 0,
    moments: sum(moments) + (learns ? sum(own.map((count) => momentBytes(count, plan.states))) : 0),
  };
}

/**
 * Most values that the optimiser takes as one array: those of neighbours of which all decay or none, and whose moments are of
 * one width. Adapters are all of one kind.
 */
export function longestRun(shape: MemoryShape, plan: HeldPlan): number {
  let [longest, length, kind] = [0, 0, ""];
  for (const one of shape.parameters.filter(trainedBy(plan.trainable))) {
    const { parameter } = one;
    const values = valuesOf([one]);
    const decays = !parameter.endsWith(".bias") && !parameter.includes("norm");
    const own = `${decays} ${plan.states === "8bit" && staysWide(values, parameter === EMBEDDING)}`;
    length = own === kind ? length + padded(values) : padded(values);
    kind = own;
    longest = Math.max(longest, length);
  }
  return Math.max(longest, sum(addedValues(adaptedBy(shape, plan.lora), plan.lora)));
}
