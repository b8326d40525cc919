/** A process of its own for ends that may crash it: `thread` ends a thread amid a job, `exit` ends itself so. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { nativeBinding } from "../../lib/native/load.js";
import type { WorkerTask } from "./engine-worker.js";
import { endlessSampling, sampling } from "./sampling.js";
import { openSmall } from "./small-model.js";

async function endThread(): Promise<void> {
  const workerData: WorkerTask = { seed: 1, hang: true };
  const worker = new Worker(new URL("./engine-worker.js", import.meta.url), { workerData });
  await once(worker, "message");
  await worker.terminate();
  const model = await openSmall();
  const { groups } = await model.generate(sampling(1));
  console.log(`${groups.length} group, ${nativeBinding().info().liveModels} model`);
  model.dispose();
}

async function exit(): Promise<void> {
  const model = await openSmall();
  const first = model.generate(sampling(1));
  void model.generate(endlessSampling());
  await first;
  process.exit(7);
}

await (process.argv[2] === "thread" ? endThread() : exit());
