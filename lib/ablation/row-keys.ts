/** A row's switches and a user's keys → configurations of its learning and of its start's fine-tuning. Opens nothing. */
import { checkOneOf, optionError } from "../core/check.js";
import { isJsonObject } from "../core/json.js";
import { newlyRuled } from "../core/rules.js";
import { PERTURBATION_MODES } from "../data/perturb.js";
import { grpoMethod } from "../grpo/method.js";
import { presetKeys } from "../presets/preset.js";
import { presetOf } from "../presets/presets.js";
import { parseConfig, parseMethod, type SftConfigInput, type TrainConfigInput } from "../run/config.js";
import { overlayKeys } from "../trial/overlay.js";
import { WARM_UP } from "../trial/warm-up.js";
import type { Plan } from "./options.js";
import { type RowName, type StartName, TABLE_4 } from "./table.js";

/** What of a learning's keys its start is made by, too: what is seen and how it is computed. */
const SHARED = [
  ...["frames", "imageSize", "sampling", "template", "device", "dtype", "threads", "optimizer", "recompute"],
  ...["microTokens", "microVideos", "trainable", "clipCacheMiB", "tensorboard"],
] as const;
/** A copy's frames are of the clip that is decoded already: the paper's modes decode each anew in every step. */
const SHIPPED_TEMPORAL = { modes: [...PERTURBATION_MODES] };
/** As in the overlay: 5 of 50 steps. */
const STEPS_A_WARM_STEP = 10;
const REWARD_NAMES = ["format", "regression", "ranking", "temporal"] as const;

type Keys = Readonly<Record<string, unknown>>;
type Given = Pick<Plan, "config" | "startConfig" | "isShipped" | "temporal">;

/** What differs from one run of a row to another. */
export interface RunPlace {
  readonly model: string;
  readonly data: string;
  readonly prompt: string;
  readonly out: string;
  readonly seed: number;
}

/** Stands where a run's own places will: a configuration is looked at before there are any. */
const NOWHERE: RunPlace = { model: "tiny-start", data: "data", prompt: "prompt", out: "out", seed: 1 };

/**
 * A row's learning: the paper's preset with the row's rewards; for a shipped model the overlay of the demonstration lies over it,
 * and the user's keys over all.
 *
 * @throws {EngineError} E_OPTION for keys that do not fit, before anything is opened.
 */
export function rowKeys(row: RowName, given: Given, place: RunPlace = NOWHERE): TrainConfigInput {
  const { preset, rewards: names, motion } = TABLE_4[row];
  const own = presetKeys(presetOf(preset).settings);
  const { rewards: userRewards, temporal: userTemporal, ...config } = given.config;
  const overlay = given.isShipped ? overlayKeys(preset) : {};
  const { model: _shipped, ...set } = overlay;
  const rewards = rewardsOf(userRewards);
  const wanted: readonly string[] = ["format", ...names];
  const temporal = {
    ...(own["temporal"] as object),
    ...(given.isShipped ? SHIPPED_TEMPORAL : {}),
    ...temporalOf(userTemporal),
    perturb: wanted.includes("temporal"),
  };
  const keys = {
    keep: 1,
    ...set,
    ...(given.isShipped ? warmUpOf(set, config) : {}),
    ...config,
    ...place,
    preset,
    rewards: (own["rewards"] as Keys[])
      .filter(({ name }) => wanted.includes(String(name)))
      .map((reward) => rewards.get(String(reward["name"])) ?? readAs(reward, given.temporal)),
    temporal,
    ...ratesOf(config["learningRates"], motion),
  };
  // With adapters the parts are what they are with them, whatever is laid over the row for whole weights.
  const usual = config["lora"] === undefined ? (set["trainable"] ?? own["trainable"]) : undefined;
  const parts = partsOf(config["trainable"] ?? usual, motion);
  const { trainable: _, ...others } = keys as Keys;
  const whole = parts === undefined ? others : { ...others, trainable: parts };
  grpoMethod(newlyRuled(parseConfig(whole)));
  return whole as unknown as TrainConfigInput;
}

/**
 * The fine-tuning that a start is made by: one recipe for all of them, that of the demonstration for a shipped model.
 *
 * @throws {EngineError} E_OPTION for keys that do not fit.
 */
export function startKeys(start: StartName, given: Given, place: RunPlace = NOWHERE): SftConfigInput {
  const learning = parseConfig(rowKeys("full", given)) as unknown as Keys;
  const motion = start !== "no-motion";
  // A start is a whole model, also of rows that learn adapters on it.
  const wanted = SHARED.filter((key) => key !== "trainable" || learning["lora"] === undefined);
  const shared = Object.fromEntries(wanted.map((key) => [key, learning[key]]));
  const { threads } = given.config;
  const keys: Keys = {
    ...shared,
    ...(given.isShipped ? { ...WARM_UP, checkpointEvery: WARM_UP.steps } : {}),
    ...(threads === undefined ? {} : { threads }),
    keep: 1,
    ...given.startConfig,
    ...place,
    method: "sft",
    motion,
  };
  const parts = { trainable: partsOf(keys["trainable"], motion), ...ratesOf(keys["learningRates"], motion) };
  const whole = { ...keys, ...parts };
  parseMethod(whole);
  return whole as unknown as SftConfigInput;
}

/** In fewer steps the overlay's warm-up would be most of a learning, or all of it. */
function warmUpOf(set: Keys, config: Keys): Keys {
  const [usual, steps] = [set["warmupSteps"], config["steps"]];
  if (typeof usual !== "number" || typeof steps !== "number") return {};
  return { warmupSteps: Math.min(usual, Math.floor(steps / STEPS_A_WARM_STEP)) };
}

/** Without a motion token there is nothing for its projector to learn. What is no list is left to the configuration to refuse. */
function partsOf(trainable: unknown, motion: boolean): unknown {
  if (motion || !Array.isArray(trainable)) return trainable;
  return trainable.filter((part) => part !== "motionProjector");
}

/** The peak of a part that a row has not is of the rows that have it. */
function ratesOf(rates: unknown, motion: boolean): Keys {
  if (motion || !isJsonObject(rates)) return {};
  const { motionProjector: _absent, ...others } = rates;
  return { learningRates: others };
}

function readAs(reward: Keys, reading: Plan["temporal"]): Keys {
  return reward["name"] === "temporal" && reading === "answer" ? { ...reward, gate: "answer" } : reward;
}

function rewardsOf(given: unknown): Map<string, Keys> {
  if (given === undefined) return new Map();
  if (!Array.isArray(given)) throw optionError("config.rewards", "a list", given);
  const found = new Map<string, Keys>();
  for (const [i, reward] of given.entries()) {
    if (!isJsonObject(reward)) throw optionError(`config.rewards.${i}`, "an object", reward);
    const name = checkOneOf(`config.rewards.${i}.name`, reward["name"], REWARD_NAMES);
    if (found.has(name)) throw optionError(`config.rewards.${i}.name`, "each reward once", name);
    found.set(name, reward);
  }
  return found;
}

function temporalOf(given: unknown): Keys {
  if (given === undefined) return {};
  if (!isJsonObject(given)) throw optionError("config.temporal", "an object", given);
  if (given["perturb"] !== undefined)
    throw optionError("config.temporal.perturb", "none", given["perturb"], "each row says it");
  return given;
}
