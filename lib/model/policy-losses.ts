/** Policy losses by their names in the field: which surrogate, a mean of what, with which defaults. Pure. */
import { checkFlag, checkInteger, checkNumber, checkOneOf, optionError } from "../core/check.js";
import { checkOptions, namesOf } from "../core/known-options.js";
import type { PolicyObjective } from "../native/binding.js";
import type {
  NamedPolicySettings,
  PolicyLoss,
  PolicyLossName,
  PolicyTerms,
  Surrogate,
} from "./loss-types.js";
import { meanOfMeans, meanOfSums, type TokenWeighting, tokenMean } from "./token-weights.js";

type Kind = Surrogate["kind"];

interface Method {
  readonly surrogate: Kind;
  readonly weighting: TokenWeighting | "maxCompletionLength";
  readonly ratioLevel?: "sequence";
  readonly clipHigh?: number;
}

const METHODS: Readonly<Record<PolicyLossName, Method>> = {
  grpo: { surrogate: "clip", weighting: meanOfMeans },
  bnpo: { surrogate: "clip", weighting: tokenMean },
  dr_grpo: { surrogate: "clip", weighting: "maxCompletionLength" },
  dapo: { surrogate: "clip", weighting: tokenMean, clipHigh: 0.28 },
  cispo: { surrogate: "cispo", weighting: tokenMean },
  sapo: { surrogate: "sapo", weighting: meanOfMeans },
  luspo: { surrogate: "clip", weighting: meanOfSums(1), ratioLevel: "sequence" },
  vespo: { surrogate: "vespo", weighting: tokenMean },
};

export const POLICY_LOSSES = Object.keys(METHODS) as PolicyLossName[];

/** Settings beside a name, and what they are called in the surrogate that they are of. */
const OF_SURROGATE = {
  clip: { clipLow: "low", clipHigh: "high", delta: "delta" },
  cispo: { cispoBound: "bound" },
  sapo: {
    sapoTemperaturePositive: "temperaturePositive",
    sapoTemperatureNegative: "temperatureNegative",
  },
  vespo: {
    vespoKPositive: "kPositive",
    vespoKNegative: "kNegative",
    vespoLambdaPositive: "lambdaPositive",
    vespoLambdaNegative: "lambdaNegative",
  },
} as const;

const CLIP = 0.2;
/** GSPO, Zheng et al. 2025: a mean log-ratio moves far less than a token's. */
const SEQUENCE_CLIP = { low: 3e-4, high: 4e-4 };

const TERMS: readonly (keyof PolicyTerms)[] = [
  "ratioLevel",
  "beta",
  "klEstimator",
  "klBiasCorrection",
  "entropyCoef",
  "topEntropyQuantile",
  "offPolicyMaskThreshold",
];

/** All that may stand beside a name. */
export const POLICY_SETTINGS: readonly (keyof NamedPolicySettings)[] = [
  ...TERMS,
  ...Object.values(OF_SURROGATE).flatMap((names) => Object.keys(names) as (keyof NamedPolicySettings)[]),
  "maxCompletionLength",
];

/** What a loss of this name takes where nobody says otherwise, as far as that depends on the name. */
export function methodDefaults(
  name: PolicyLossName,
  given: Pick<NamedPolicySettings, "ratioLevel"> = {},
): { ratioLevel: "token" | "sequence"; clipLow: number | undefined; clipHigh: number | undefined } {
  const method = METHODS[name];
  const ratioLevel = given.ratioLevel ?? method.ratioLevel ?? "token";
  if (method.surrogate !== "clip") return { ratioLevel, clipLow: undefined, clipHigh: undefined };
  if (ratioLevel === "sequence")
    return { ratioLevel, clipLow: SEQUENCE_CLIP.low, clipHigh: SEQUENCE_CLIP.high };
  return { ratioLevel, clipLow: CLIP, clipHigh: method.clipHigh ?? CLIP };
}

/** The loss of this name, with the settings that stand beside it. @throws {EngineError} E_OPTION for one of another loss. */
export function namedPolicyLoss(name: PolicyLossName, settings: NamedPolicySettings): PolicyLoss {
  const { surrogate: kind, weighting } = METHODS[name];
  for (const [other, names] of Object.entries(OF_SURROGATE))
    for (const option of Object.keys(names) as (keyof NamedPolicySettings)[])
      if (other !== kind && settings[option] !== undefined)
        throw optionError(option, `nothing beside loss "${name}"`, settings[option]);
  const { maxCompletionLength: length } = settings;
  if (weighting !== "maxCompletionLength" && length !== undefined)
    throw optionError("maxCompletionLength", `nothing beside loss "${name}"`, length);
  const given = { ...methodDefaults(name, settings), ...defined(settings) };
  const own = Object.entries(OF_SURROGATE[kind]).map(([option, member]) => {
    const value = given[option as keyof NamedPolicySettings];
    // Checked here, where its name is the user's.
    return [member, value === undefined ? undefined : setting(option, member, value)];
  });
  return {
    kind: "policy",
    ...Object.fromEntries(TERMS.map((term) => [term, given[term]])),
    surrogate: { kind, ...Object.fromEntries(own) },
    weighting:
      weighting === "maxCompletionLength"
        ? meanOfSums(checkInteger("maxCompletionLength", length, 1))
        : weighting,
  };
}

function defined<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;
}

/** Ranges of the numbers of surrogates, by their names there; what may be infinite says so. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  low: [0, 1],
  high: [0, Infinity],
  delta: [Number.MIN_VALUE, Infinity],
  bound: [Number.MIN_VALUE, Infinity],
  temperaturePositive: [Number.MIN_VALUE, Number.MAX_VALUE],
  temperatureNegative: [Number.MIN_VALUE, Number.MAX_VALUE],
  kPositive: [0, Number.MAX_VALUE],
  kNegative: [0, Number.MAX_VALUE],
  lambdaPositive: [0, Number.MAX_VALUE],
  lambdaNegative: [0, Number.MAX_VALUE],
};

/** The keys of a policy loss as a value. */
export const POLICY_LOSS_KEYS: readonly string[] = ["kind", "surrogate", "weighting", ...TERMS];

function setting(option: string, member: string, value: unknown): number {
  const [least, most] = RANGES[member] ?? [];
  return checkNumber(option, value, least, most);
}

/**
 * The objective that crosses the wall.
 *
 * @param counted  completion tokens of the step that count.
 * @param within   what the settings stand in, for messages: "loss.", or nothing beside a name.
 * @throws {EngineError} E_OPTION naming the setting.
 */
export function objectiveOf(loss: PolicyLoss, counted: number, within: string): PolicyObjective {
  const surrogate: Surrogate = loss.surrogate ?? { kind: "clip" };
  const kinds = Object.keys(OF_SURROGATE) as Kind[];
  const kind = checkOneOf(`${within}surrogate.kind`, surrogate.kind, kinds);
  checkOptions(surrogate, namesOf(["kind", ...Object.values(OF_SURROGATE[kind])]), `${within}surrogate`);
  const of = (member: string, otherwise: number): number =>
    setting(
      `${within}surrogate.${member}`,
      member,
      (surrogate as Readonly<Record<string, unknown>>)[member] ?? otherwise,
    );
  const entropyCoef = checkNumber(`${within}entropyCoef`, loss.entropyCoef ?? 0, 0, Number.MAX_VALUE);
  const level = checkOneOf(`${within}ratioLevel`, loss.ratioLevel ?? "token", ["token", "sequence"]);
  const correction = checkFlag(`${within}klBiasCorrection`, loss.klBiasCorrection ?? false);
  return {
    surrogate: kind,
    bySequence: level === "sequence",
    clipLow: of("low", CLIP),
    clipHigh: of("high", CLIP),
    cap: of("delta", Infinity),
    bound: of("bound", 5),
    temperaturePositive: of("temperaturePositive", 1),
    temperatureNegative: of("temperatureNegative", 1.05),
    kPositive: of("kPositive", 2),
    kNegative: of("kNegative", 3),
    lambdaPositive: of("lambdaPositive", 3),
    lambdaNegative: of("lambdaNegative", 2),
    beta: checkNumber(`${within}beta`, loss.beta ?? 0, 0, Number.MAX_VALUE),
    kl: checkOneOf(`${within}klEstimator`, loss.klEstimator ?? "k3", ["k1", "k2", "k3"]),
    klTimesRatio: correction,
    entropyWeight: entropyCoef / Math.max(counted, 1),
    offPolicyMost: checkNumber(`${within}offPolicyMaskThreshold`, loss.offPolicyMaskThreshold ?? Infinity),
    topEntropy: checkNumber(`${within}topEntropyQuantile`, loss.topEntropyQuantile ?? 1, Number.MIN_VALUE, 1),
  };
}
