/** Runs one target in a worker and watches it: an input that throws, hangs or takes all memory is a failure. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type FuzzWork, SharedProgress } from "./progress.js";

/** An input of 64 KiB takes about a millisecond; one that takes this long never ends. */
const HANG_SECONDS = 20;
const LOOK_MILLISECONDS = 500;
/** The worker's heap, in MiB; a process without such a bound would be killed without a word. */
const HEAP_MIB = 256;

export interface FuzzOutcome {
  readonly executions: number;
  readonly accepted: number;
  readonly failure: { readonly problem: string; readonly input: Uint8Array } | null;
}

/** @param hangSeconds  For tests of the fuzzer itself. */
export async function runTarget(
  work: Omit<FuzzWork, "progress" | "scratch">,
  hangSeconds = HANG_SECONDS,
): Promise<FuzzOutcome> {
  const buffer = SharedProgress.buffer();
  const progress = new SharedProgress(buffer);
  const scratch = mkdtempSync(join(tmpdir(), "vqat-fuzz-"));
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { ...work, progress: buffer, scratch } satisfies FuzzWork,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const problem = await new Promise<string | null>((resolve) => {
    const stopWatching = watch(progress, hangSeconds, () =>
      resolve(`takes more than ${hangSeconds} seconds`),
    );
    worker.once("error", (error) => resolve(String(error?.stack ?? error)));
    worker.once("exit", (code) => resolve(code === 0 ? null : `ended its worker with ${code}`));
    worker.once("exit", stopWatching);
  });
  await worker.terminate();
  rmSync(scratch, { recursive: true });
  const { executions, accepted, input } = progress;
  return { executions, accepted, failure: problem === null ? null : { problem, input } };
}

/** Calls `hung` when no input has ended for so long; gives what ends the watch. */
function watch(progress: SharedProgress, hangSeconds: number, hung: () => void): () => void {
  let last = { executions: -1, since: 0 };
  const timer = setInterval(() => {
    const { executions } = progress;
    if (executions !== last.executions) last = { executions, since: performance.now() };
    else if (performance.now() - last.since > 1000 * hangSeconds) hung();
  }, LOOK_MILLISECONDS);
  return () => clearInterval(timer);
}
