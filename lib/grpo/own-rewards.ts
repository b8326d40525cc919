/** All rewards of a run, the user's own among them, ready to be opened: functions by name, each with its time limit. */
import { resolve } from "node:path";
import { checkFunction, checkNumber, checkPath, optionError } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { inTime } from "../rewards/ask.js";
import { isAsync, isDirect, type Reward } from "../rewards/reward.js";
import { moduleName, type OpenedReward, type RewardModule, rewardOfModule } from "./reward-module.js";
import { configuredRewards, type RewardKeys } from "./rewards.js";

/** A function, or where one is. */
export type UserReward = Reward | RewardModule;

/** A user's own rewards: by name, or in a list, where the name of a function, of a module's export or file is the reward's. */
export type UserRewards = Readonly<Record<string, UserReward>> | readonly UserReward[];

/** The rewards of a run. */
export interface RunRewards {
  readonly functions: ReadonlyMap<string, Reward>;
  /** Files of those that are in modules. */
  readonly modules: ReadonlyMap<string, string>;
  /** Loads the modules. @throws {EngineError} E_OPTION naming the one that is none. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param own  instead of the configured ones.
 * @throws {EngineError} E_OPTION as configuredRewards; for what is no reward; with `rewardTimeoutMs` for a function of the
 *                       user's that is not async.
 */
export function buildRewards(
  config: RewardKeys & { readonly rewardTimeoutMs?: number | undefined },
  own?: UserRewards,
): RunRewards {
  const limitMs = config.rewardTimeoutMs ?? null;
  const functions = new Map<string, Reward>();
  const opened: OpenedReward[] = [];
  const modules = new Map<string, string>();
  const entries = own === undefined ? [...configuredRewards(config)] : named(own);
  for (const [place, [name, given]] of entries.entries()) {
    const option =
      own === undefined ? `rewards.${place}.module` : `rewards.${Array.isArray(own) ? place : name}`;
    if (typeof given === "function") functions.set(name, limited(option, name, given, limitMs));
    else {
      const module = rewardOfModule(option, name, given, limitMs);
      opened.push(module);
      modules.set(name, resolve(given.module));
      functions.set(name, module.reward);
    }
  }
  return {
    functions,
    modules,
    async open() {
      for (const module of opened) await module.open();
    },
    async close() {
      for (const module of opened) await module.close();
    },
  };
}

function limited(option: string, name: string, reward: Reward, limitMs: number | null): Reward {
  checkWeight(option, reward.weight);
  if (limitMs === null || isDirect(reward)) return reward;
  if (isAsync(reward)) return inTime(name, reward, limitMs);
  const hint =
    "nothing can end a function that answers at once when it never does; { module, export } runs in a thread that can be ended";
  throw optionError(
    option,
    "an async function, or a module and its export, with rewardTimeoutMs",
    reward,
    hint,
  );
}

function named(own: UserRewards): [string, UserReward][] {
  if (typeof own !== "object" || own === null)
    throw optionError("rewards", "rewards by name or in a list", own);
  for (const [name, reward] of Object.entries(own)) {
    if (isModule(reward)) checkModule(`rewards.${name}`, reward);
    else checkFunction(`rewards.${name}`, reward);
  }
  const entries = Array.isArray(own)
    ? own.map((reward: UserReward, i): [string, UserReward] => [listName(reward, i), reward])
    : Object.entries(own as Readonly<Record<string, UserReward>>);
  if (entries.length === 0) throw optionError("rewards", "at least one reward", undefined);
  if (new Map(entries).size < entries.length)
    throw optionError("rewards", "rewards of different names", entries.map(([name]) => name).join(", "));
  return entries;
}

function listName(reward: UserReward, i: number): string {
  if (typeof reward !== "function") return moduleName(reward);
  return reward.name === "" ? `reward${i + 1}` : reward.name;
}

const MODULE: Names<RewardModule> = { module: true, export: true, weight: true };

function checkModule(option: string, given: RewardModule): void {
  checkOptions(given, MODULE, option);
  checkPath(`${option}.module`, given.module);
  const { export: exported = "default", weight } = given;
  if (typeof exported !== "string") throw optionError(`${option}.export`, "a name", exported);
  checkWeight(option, weight);
}

function checkWeight(option: string, weight: unknown): void {
  if (weight !== undefined) checkNumber(`${option}.weight`, weight, -Number.MAX_VALUE, Number.MAX_VALUE);
}

function isModule(reward: unknown): reward is RewardModule {
  return typeof reward === "object" && reward !== null && "module" in reward;
}
