/**
 * A thread that opens the addon for itself. Answers with the tokens it sampled; told to hang, it says "busy" once a
 * generation that would take very long is under way.
 */
import { parentPort, workerData } from "node:worker_threads";
import { endlessSampling, sampling } from "./sampling.js";
import { openSmall } from "./small-model.js";

export interface WorkerTask {
  readonly seed: number;
  readonly hang: boolean;
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
