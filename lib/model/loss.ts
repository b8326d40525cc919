/** From a step's loss as a user writes it to the loss that crosses the wall, with the weight of every token. Pure. */
import { checkOneOf, optionError } from "../core/check.js";
import { checkOptions, namesOf } from "../core/known-options.js";
import type { LossSpec, TrainRequest } from "../native/binding.js";
import { tokensOf } from "./batch.js";
import {
  namedPolicyLoss,
  objectiveOf,
  POLICY_LOSS_KEYS,
  POLICY_LOSSES,
  POLICY_SETTINGS,
} from "./policy-losses.js";
import { givenWeights, meanOfMeans, sum, tokenMean } from "./token-weights.js";
import type { LossValue, NamedPolicySettings, StepOptions, TrainGroup } from "./types.js";

const STEP_KEYS: readonly (keyof Omit<StepOptions, keyof NamedPolicySettings>)[] = [
  "groups",
  "loss",
  "learningRate",
  "learningRates",
  "maxGradNorm",
  "temperature",
  "signal",
];
const LOSS_KEYS = {
  policy: POLICY_LOSS_KEYS,
  likelihood: ["kind", "weighting"],
  regression: ["kind"],
} as const;
const OTHERS = { sft: "likelihood", regression: "regression" } as const;

/** @throws {EngineError} E_OPTION naming the setting, or the group whose arrays do not fit its completions. */
export function lossOf(options: StepOptions): Pick<TrainRequest, "loss" | "weights"> {
  const { loss, groups } = options;
  checkOptions(options, namesOf([...STEP_KEYS, ...POLICY_SETTINGS]), "step");
  const alone = typeof loss === "object" && loss !== null;
  const value = alone ? withoutSettings(loss, options) : named(options);
  // Whatever the loss reads of them, arrays that do not fit are a mistake.
  const oldLogProbs = perToken(groups, "oldLogProbs");
  const weights = weightsOf(value, groups);
  return { loss: spec(value, groups, oldLogProbs, weights, alone ? "loss." : ""), weights };
}

/** The shorthand: a name, with its settings beside it. */
function named(options: StepOptions): LossValue {
  const name = checkOneOf("loss", options.loss, [...POLICY_LOSSES, "sft", "regression"]);
  if (name !== "sft" && name !== "regression") return namedPolicyLoss(name, options);
  return withoutSettings({ kind: OTHERS[name] }, options, `beside loss "${name}"`);
}

function withoutSettings(
  loss: LossValue,
  options: StepOptions,
  beside = "beside a loss that holds its own settings",
): LossValue {
  for (const name of POLICY_SETTINGS)
    if (options[name] !== undefined) throw optionError(name, `nothing ${beside}`, options[name]);
  return loss;
}

function spec(
  loss: LossValue,
  groups: readonly TrainGroup[],
  oldLogProbs: Float32Array,
  weights: Float64Array,
  within: string,
): LossSpec {
  const kind = checkOneOf("loss.kind", loss.kind, ["policy", "likelihood", "regression"]);
  checkOptions(loss, namesOf(LOSS_KEYS[kind]), "loss");
  if (loss.kind === "regression")
    return {
      kind: loss.kind,
      targets: Float32Array.from(groups.flatMap(({ targets }) => Array.from(targets ?? []))),
    };
  if (loss.kind === "likelihood") return { kind: loss.kind };
  const counted = weights.reduce((count, weight) => count + (weight === 0 ? 0 : 1), 0);
  return {
    kind: loss.kind,
    objective: objectiveOf(loss, counted, within),
    advantages: perCompletion(groups),
    oldLogProbs,
  };
}

/** Weights given with the groups count where the loss has no weighting of its own. */
function weightsOf(loss: LossValue, groups: readonly TrainGroup[]): Float64Array {
  const given = perToken(groups, "weights");
  const lengths = groups.flatMap(({ completions }) => completions.map((one) => tokensOf(one).length));
  const masked = groups.flatMap(maskOf);
  if (loss.kind === "regression") return new Float64Array();
  if (loss.weighting === undefined && given.length > 0) {
    const out = tokensMasked(lengths, masked);
    const counted = given.map((weight, t) => (out[t] === true ? 0 : weight));
    if (sum(counted) > 0) return givenWeights(counted)(lengths);
    throw optionError("groups[].weights", "at least one that is positive", sum(counted));
  }
  const weighting = loss.weighting ?? (loss.kind === "policy" ? meanOfMeans : tokenMean);
  if (typeof weighting !== "function") throw optionError("loss.weighting", "a function", weighting);
  const counted = lengths.map((length, i) => (masked[i] === true ? 0 : length));
  const found = Float64Array.from(weighting(counted));
  const wrong = found.findIndex((weight) => !Number.isFinite(weight));
  if (found.length !== sum(counted) || wrong >= 0) {
    const expected = `${sum(counted)} finite weights, one per completion token`;
    throw optionError("loss.weighting", expected, wrong < 0 ? found.length : `${found[wrong]} at ${wrong}`);
  }
  let next = 0;
  return Float64Array.from(tokensMasked(lengths, masked), (out) => (out ? 0 : (found[next++] as number)));
}

/** Of every completion token: is it of a masked completion? */
function tokensMasked(lengths: readonly number[], masked: readonly boolean[]): boolean[] {
  return lengths.flatMap((length, i) => new Array<boolean>(length).fill(masked[i] === true));
}

function maskOf({ masked, completions }: TrainGroup, i: number): readonly boolean[] {
  if (masked === undefined) return completions.map(() => false);
  if (masked.length === completions.length) return masked;
  throw optionError(`groups[${i}].masked`, `${completions.length} values, one per completion`, masked.length);
}

function perCompletion(groups: readonly TrainGroup[]): Float32Array {
  return Float32Array.from(
    groups.flatMap(({ advantages, completions }, i) => {
      if (advantages?.length === completions.length) return Array.from(advantages);
      const expected = `${completions.length} values, one per completion`;
      throw optionError(`groups[${i}].advantages`, expected, advantages?.length);
    }),
  );
}

/** Values of every completion token end to end; empty when no group has any. */
function perToken(groups: readonly TrainGroup[], field: "oldLogProbs" | "weights"): Float32Array {
  if (groups.every((group) => group[field] === undefined)) return new Float32Array();
  const all: number[] = [];
  groups.forEach((group, i) => {
    group.completions.forEach((completion, k) => {
      const values = group[field]?.[k];
      const expected = tokensOf(completion).length;
      if (values?.length !== expected)
        throw optionError(`groups[${i}].${field}[${k}]`, `${expected} values, one per token`, values?.length);
      for (let t = 0; t < expected; t++) all.push(values[t] as number);
    });
  });
  return Float32Array.from(all);
}
