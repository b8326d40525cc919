/** A user's reward in a module: loaded here, or in a thread of its own where it has to answer in time. */
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { optionError } from "../core/check.js";
import { shown } from "../core/refuse.js";
import type { Reward } from "../rewards/reward.js";
import { weightKey } from "../rewards/reward.js";
import { RewardThread } from "./reward-thread.js";

/** Where a reward of the user's own is. */
export interface RewardModule {
  /** Path of the module, relative to the working directory. */
  readonly module: string;
  /** What it exports the reward as; default "default". */
  readonly export?: string | undefined;
  /** Factor in the sum; default 1. */
  readonly weight?: number | undefined;
}

export const ownSchema = z.strictObject({
  name: z.literal("own"),
  weight: weightKey,
  module: z
    .string()
    .min(1)
    .transform((path) => resolve(path))
    .describe("JavaScript module with a reward; relative to the working directory."),
  export: z.string().min(1).default("default").describe("What the module exports it as. Ours."),
  as: z
    .string()
    .min(1)
    .optional()
    .describe("What it is called in events and logs; default: its export, or its file's name."),
});

export function moduleName({
  module,
  export: name = "default",
  as,
}: RewardModule & { as?: string | undefined }): string {
  return as ?? (name === "default" ? basename(module, extname(module)) : name);
}

/** A reward whose module is loaded by `open`. */
export interface OpenedReward {
  readonly reward: Reward;
  /** @throws {EngineError} E_OPTION where there is no such module, or no such function in it. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param option   what the user calls it.
 * @param limitMs  it answers within so many milliseconds, or its thread is ended; null: without a thread and without a limit.
 */
export function rewardOfModule(
  option: string,
  name: string,
  { module, export: exported = "default", weight }: RewardModule,
  limitMs: number | null,
): OpenedReward {
  const place = { file: pathToFileURL(resolve(module)).href, exported };
  const refused = (found: string) =>
    optionError(option, `a module that exports ${exported}, a function`, found);
  if (limitMs !== null) {
    const thread = new RewardThread(name, place, limitMs);
    return {
      reward: Object.assign(thread.reward, { weight }),
      open: () =>
        thread.open().catch((error: Error) => Promise.reject(refused(`${module}: ${error.message}`))),
      close: () => thread.close(),
    };
  }
  let loaded: Reward | null = null;
  const reward: Reward = async (batch) => {
    if (loaded === null) throw optionError(option, "a module that is loaded", module);
    return loaded(batch);
  };
  return {
    reward: Object.assign(reward, { weight }),
    async open() {
      const exports = await (import(place.file) as Promise<Record<string, unknown>>).catch(
        (error: unknown) => {
          // A module may throw anything.
          throw refused(`${module}: ${error instanceof Error ? error.message : shown(error)}`);
        },
      );
      if (typeof exports[exported] !== "function")
        throw refused(`${module}, which exports ${Object.keys(exports).join(", ") || "nothing"}`);
      loaded = exports[exported] as Reward;
    },
    async close() {},
  };
}
