/**
 * A thread that opens the addon for itself. Answers with the tokens it sampled; told to hang, it says "busy" once a
 * generation that would take very long is under way.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openSmall, smallPrompt } from "./small-model.js";

export interface WorkerTask {
  readonly seed: number;
  readonly hang: boolean;
}

export function sampling(seed: number) {
  const prompts = [{ ...smallPrompt(seed), stream: BigInt(seed), samples: 4 }];
  return { prompts, maxNewTokens: 20, temperature: 1 };
}

/** Minutes of work with a safe point every few milliseconds: ids that end are never sampled. */
export function endlessSampling() {
  const prompts = [{ ...smallPrompt(1), stream: "endless", samples: 400 }];
  return { prompts, maxNewTokens: 4000, temperature: 1, suppress: [111] };
}

async function run({ seed, hang }: WorkerTask): Promise<void> {
  const model = await openSmall();
  const first = model.generate(sampling(seed));
  if (hang) void model.generate(endlessSampling());
  const { groups } = await first;
  // Jobs run in order: the first is done, so the long one has begun.
  parentPort?.postMessage(hang ? "busy" : (groups[0] ?? []).map(({ tokens }) => [...tokens]));
  if (!hang) model.dispose();
}

if (parentPort !== null && workerData !== null) await run(workerData as WorkerTask);
