/**
 * A process that ends, or ends a thread of its own, amid native work: `ended-process.js WAY WORK MILLISECONDS`, with
 * VQAT_EMPTY_ADDON the path of an addon that takes the package's place. Prints "ready" where it waits for signals, and
 * "alive" when it lived on, as it must after the end of a thread.
 */
import { once } from "node:events";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { stopSignal } from "../../lib/cli/stop-signal.js";
import { emptyWork, WORKS, type WorkName } from "./end-work.js";
import { sampling } from "./sampling.js";
import { openSmall } from "./small-model.js";

interface Task {
  readonly work: WorkName;
  /** Milliseconds after which the thread ends itself; null: it waits to be ended. */
  readonly exitAfter: number | null;
}

/** The end cuts off what runs: how the work's promise goes is of no interest. */
function begin(work: WorkName): Promise<void> {
  const empty = process.env.VQAT_EMPTY_ADDON;
  return new Promise((ready) => {
    const running = empty === undefined ? WORKS[work](ready) : emptyWork(empty, ready);
    running.catch((error) => {
      console.error(error);
      process.exit(3);
    });
  });
}

const after = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function thread(work: WorkName, exitAfter: number | null): Promise<Worker> {
  const task: Task = { work, exitAfter };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  await once(worker, "message");
  return worker;
}

/** What a process does with the addon after one of its threads has ended. */
async function goOn(): Promise<void> {
  if (process.env.VQAT_EMPTY_ADDON !== undefined) return;
  const model = await openSmall();
  await model.generate(sampling(1));
  model.dispose();
}

const WAYS = {
  /** A thread is ended; the process has not opened the addon itself. */
  terminate: async (work, delay) => {
    const worker = await thread(work, null);
    await after(delay);
    await worker.terminate();
    console.log("alive");
  },
  /** A thread is ended while the process is at work too. */
  besides: async (work, delay) => {
    const worker = await thread(work, null);
    const own = goOn();
    await after(delay);
    await worker.terminate();
    await own;
    await goOn();
    console.log("alive");
  },
  /** A thread ends itself. */
  leave: async (work, delay) => {
    const worker = await thread(work, delay);
    await once(worker, "exit");
    await goOn();
    console.log("alive");
  },
  exit: async (work, delay) => {
    await begin(work);
    await after(delay);
    process.exit(7);
  },
  /** The process ends while a thread is at work. */
  over: async (work, delay) => {
    await thread(work, null);
    await after(delay);
    process.exit(7);
  },
  throw: async (work, delay) => {
    await begin(work);
    await after(delay);
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
  },
  /** Whoever started it sends two signals. */
  signals: async (work) => {
    stopSignal("nothing, this is a test");
    await begin(work);
    console.log("ready");
  },
} satisfies Record<string, (work: WorkName, delay: number) => Promise<void>>;

export type Way = keyof typeof WAYS;

if (isMainThread) {
  const [way, work, delay] = process.argv.slice(2);
  await WAYS[way as Way](work as WorkName, Number(delay));
} else if (parentPort !== null) {
  const { work, exitAfter } = workerData as Task;
  await begin(work);
  parentPort.postMessage("ready");
  if (exitAfter !== null) setTimeout(() => process.exit(0), exitAfter);
}
