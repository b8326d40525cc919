/** The thread of a reward: loads its module, says so, and answers batch after batch. */
import { parentPort, workerData } from "node:worker_threads";
import { ownOutput } from "../core/own-output.js";
import type { Reward, RewardBatch } from "../rewards/reward.js";

/** Which function of which module. */
export interface ModulePlace {
  /** URL of the file. */
  readonly file: string;
  readonly exported: string;
}

/** What the thread says: that it is loaded, what a batch earned, or what went wrong. */
export type FromThread =
  | { readonly type: "loaded" }
  | { readonly type: "values"; readonly values: unknown }
  | { readonly type: "failed"; readonly message: string };

function say(message: FromThread): void {
  parentPort?.postMessage(message);
}

async function load({ file, exported }: ModulePlace): Promise<Reward> {
  const exports = (await import(file)) as Record<string, unknown>;
  if (typeof exports[exported] === "function") return exports[exported] as Reward;
  throw new Error(`it exports ${Object.keys(exports).join(", ") || "nothing"}`);
}

async function answer(reward: Reward, batch: RewardBatch): Promise<void> {
  try {
    say({ type: "values", values: await reward(batch) });
  } catch (error) {
    say({ type: "failed", message: String(error) });
  }
}

ownOutput();
try {
  const reward = await load(workerData as ModulePlace);
  parentPort?.on("message", (batch: RewardBatch) => void answer(reward, batch));
  say({ type: "loaded" });
} catch (error) {
  say({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}
