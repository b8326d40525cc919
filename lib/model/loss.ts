/** From a step's loss as a user writes it to the loss that crosses the wall, with the weight of every token. Pure. */
import { checkNumber, checkOneOf, optionError } from "../core/check.js";
import type { LossSpec, TrainRequest } from "../native/binding.js";
import { tokensOf } from "./batch.js";
import { givenWeights, meanOfMeans, sum, tokenMean } from "./token-weights.js";
import type { LossValue, StepOptions, TrainGroup } from "./types.js";

const CLIP = 0.2;

/** @throws {EngineError} E_OPTION naming the setting, or the group whose arrays do not fit its completions. */
export function lossOf(options: StepOptions): Pick<TrainRequest, "loss" | "weights"> {
  const { loss, groups } = options;
  const value = typeof loss === "object" && loss !== null ? alone(loss, options) : spelledOut(options);
  // Whatever the loss reads of them, arrays that do not fit are a mistake.
  const oldLogProbs = perToken(groups, "oldLogProbs");
  return { loss: spec(value, groups, oldLogProbs), weights: weights(value, groups) };
}

/** The shorthand: a name, with its settings beside it. */
function spelledOut({ loss, clipLow = CLIP, clipHigh = CLIP, beta = 0 }: StepOptions): LossValue {
  const name = checkOneOf("loss", loss, ["grpo", "sft", "regression"]);
  const low = checkNumber("clipLow", clipLow, 0, 1);
  const high = checkNumber("clipHigh", clipHigh, 0);
  checkNumber("beta", beta, 0, Number.MAX_VALUE);
  if (name !== "grpo") return { kind: name === "sft" ? "likelihood" : name };
  return { kind: "policy", surrogate: { kind: "tokenClip", low, high }, beta, weighting: meanOfMeans };
}

function alone(loss: LossValue, options: StepOptions): LossValue {
  for (const name of ["clipLow", "clipHigh", "beta"] as const)
    if (options[name] !== undefined)
      throw optionError(name, "nothing beside a loss that holds its own settings", options[name]);
  return loss;
}

function spec(loss: LossValue, groups: readonly TrainGroup[], oldLogProbs: Float32Array): LossSpec {
  checkOneOf("loss.kind", loss.kind, ["policy", "likelihood", "regression"]);
  if (loss.kind === "regression")
    return {
      kind: loss.kind,
      targets: Float32Array.from(groups.flatMap(({ targets }) => Array.from(targets ?? []))),
    };
  if (loss.kind === "likelihood") return { kind: loss.kind };
  const { surrogate = { kind: "tokenClip" }, beta = 0 } = loss;
  return {
    kind: loss.kind,
    surrogate: {
      kind: checkOneOf("loss.surrogate.kind", surrogate.kind, ["tokenClip"]),
      low: checkNumber("loss.surrogate.low", surrogate.low ?? CLIP, 0, 1),
      high: checkNumber("loss.surrogate.high", surrogate.high ?? CLIP, 0),
    },
    beta: checkNumber("loss.beta", beta, 0, Number.MAX_VALUE),
    advantages: perCompletion(groups),
    oldLogProbs,
  };
}

/** Weights given with the groups count where the loss has no weighting of its own. */
function weights(loss: LossValue, groups: readonly TrainGroup[]): Float64Array {
  const given = perToken(groups, "weights");
  if (loss.kind === "regression") return new Float64Array();
  if (loss.weighting === undefined && given.length > 0 && !(sum(given) > 0))
    throw optionError("groups[].weights", "at least one that is positive", sum(given));
  const usual = loss.kind === "policy" ? meanOfMeans : tokenMean;
  const weighting = loss.weighting ?? (given.length > 0 ? givenWeights(given) : usual);
  if (typeof weighting !== "function") throw optionError("loss.weighting", "a function", weighting);
  const lengths = groups.flatMap(({ completions }) => completions.map((one) => tokensOf(one).length));
  const found = Float64Array.from(weighting(lengths));
  const wrong = found.findIndex((weight) => !Number.isFinite(weight));
  if (found.length === sum(lengths) && wrong < 0) return found;
  const expected = `${sum(lengths)} finite weights, one per completion token`;
  throw optionError("loss.weighting", expected, wrong < 0 ? found.length : `${found[wrong]} at ${wrong}`);
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
