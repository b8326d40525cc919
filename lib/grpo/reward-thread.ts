/** A reward in a worker thread, which can be ended whatever it does: a loop that never returns stops no run. */
import { Worker } from "node:worker_threads";
import { EngineError } from "../core/errors.js";
import { rewardError } from "../rewards/ask.js";
import type { Reward, RewardBatch, RewardValues } from "../rewards/reward.js";
import type { FromThread, ModulePlace } from "./reward-worker.js";

/** A module may load a model of its own first. */
const LOAD_MS = 60_000;

export class RewardThread {
  readonly #name: string;
  readonly #place: ModulePlace;
  readonly #limitMs: number;
  #worker: Worker | null = null;
  /** What ended the thread, at a step or between two, where nobody waits for it. */
  #fault: FromThread | null = null;
  /** Waits for what it says next. */
  #heard: ((message: FromThread | null) => void) | null = null;

  constructor(name: string, place: ModulePlace, limitMs: number) {
    this.#name = name;
    this.#place = place;
    this.#limitMs = limitMs;
  }

  /** @throws {Error} what is wrong with the module, without its name. */
  async open(): Promise<void> {
    const worker = new Worker(new URL("./reward-worker.js", import.meta.url), { workerData: this.#place });
    this.#worker = worker;
    const failed = (message: string) => {
      this.#fault ??= { type: "failed", message };
      this.#heard?.(this.#fault);
    };
    worker.on("message", (message: FromThread) => this.#heard?.(message));
    worker.once("error", (error) => failed(String(error)));
    worker.once("exit", (code) => failed(`Error: its thread has ended (code ${code})`));
    // A run that forgets it must not keep its process.
    worker.unref();
    const answer = await this.#next(LOAD_MS);
    if (answer === null) throw await this.#ended(`it has not loaded within ${LOAD_MS / 1000} s`);
    if (answer.type === "failed") throw await this.#ended(answer.message);
  }

  /** @throws {EngineError} E_REWARD when it throws, ends its thread, or does not answer in time; its thread is ended then. */
  readonly reward: Reward = async (batch: RewardBatch): Promise<readonly RewardValues[]> => {
    if (this.#worker === null)
      throw new EngineError("E_INTERNAL", `reward ${this.#name}: its thread is not open`);
    this.#worker.postMessage(batch);
    const answer = await this.#next(this.#limitMs);
    if (answer?.type === "values") return answer.values as readonly RewardValues[];
    await this.close();
    const problem =
      answer?.type === "failed"
        ? `threw ${answer.message}`
        : `did not answer within ${this.#limitMs} ms (rewardTimeoutMs)`;
    throw rewardError(this.#name, problem, batch);
  };

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  /** Its next message; null when none comes in time. */
  async #next(limitMs: number): Promise<FromThread | null> {
    return new Promise((tell) => {
      const timer = setTimeout(() => this.#heard?.(null), limitMs);
      // Settled by the event itself: a thread that says why and ends at once must not be known by its end.
      this.#heard = (message) => {
        clearTimeout(timer);
        this.#heard = null;
        tell(message);
      };
      if (this.#fault !== null) this.#heard(this.#fault);
    });
  }

  async #ended(message: string): Promise<Error> {
    await this.close();
    return new Error(message);
  }
}
