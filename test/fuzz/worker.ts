/**
 * The side of the fuzzer that may hang or die: makes inputs and checks them one after the other. Each lies in shared
 * memory before it is checked, so that the other side has it whatever happens here.
 */
import { workerData } from "node:worker_threads";
import { Draws, streamOf } from "../../lib/core/rng.js";
import { type FuzzWork, SharedProgress } from "./progress.js";
import { type FuzzTarget, MAX_INPUT_BYTES } from "./target.js";

const KILOBYTE = 1024;

const { module, seed, seconds, replay, progress: buffer } = workerData as FuzzWork;
const target = (await import(module)) as FuzzTarget;
const progress = new SharedProgress(buffer);

/** More than this, beyond what the process had at the start, is a reader that makes what a file only claims. */
const MAX_GROWTH_BYTES = 2 ** 29;
const before = peakBytes();

function peakBytes(): number {
  return process.resourceUsage().maxRSS * KILOBYTE;
}

async function execute(input: Uint8Array): Promise<void> {
  progress.begin(input);
  progress.end(await target.check(input));
  const grown = peakBytes() - before;
  if (grown > MAX_GROWTH_BYTES) throw new Error(`took ${grown} bytes of memory`);
}

if (replay !== null) {
  await execute(replay);
} else {
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; performance.now() < end; i++) {
    const made = target.make(new Draws(streamOf("fuzz", seed, i)));
    await execute(made.subarray(0, MAX_INPUT_BYTES));
  }
}
