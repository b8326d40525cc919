/** A run's curves as event files that TensorBoard reads. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { appendBytes } from "../../core/append.js";
import { makeFolder } from "../../core/durable.js";
import type { RunEvent, Sink } from "../events.js";
import { scalarEvent, sessionStart, versionEvent } from "./event-proto.js";
import { record } from "./record.js";
import { evaluationScalars, scalarsOf } from "./scalars.js";

const NAME = /^events\.out\.tfevents\.(\d+)\.vqathinker$/;
const DIGITS = 6;

/**
 * One file for each start of the run: a reader gives up a file at a damaged record, so that none is ever appended to by
 * another process. Files are numbered, because readers take them in the order of their names. The first event behind the
 * version of a later file is a session's start, which voids what earlier ones say of the steps that are made again.
 */
export class TensorBoardSink implements Sink {
  readonly #dir: string;
  #file: string | null = null;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws {EngineError} E_FORMAT when the folder cannot be made. */
  static async open(dir: string): Promise<TensorBoardSink> {
    await makeFolder(dir);
    return new TensorBoardSink(dir);
  }

  /** @throws {EngineError} E_FORMAT when the file cannot be written; no part of an event stays. */
  event(event: RunEvent): void {
    const seconds = Date.now() / 1000;
    if (event.type === "start") this.#begin(seconds, event.afterStep + 1);
    if (event.type === "evaluation")
      this.#append(scalarEvent(seconds, event.afterStep, evaluationScalars(event)));
    if (event.type === "step") this.#append(scalarEvent(seconds, event.step, scalarsOf(event)));
  }

  #begin(seconds: number, step: number): void {
    const numbers = readdirSync(this.#dir).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    const next = Math.max(0, ...numbers) + 1;
    this.#file = join(this.#dir, `events.out.tfevents.${String(next).padStart(DIGITS, "0")}.vqathinker`);
    this.#append(versionEvent(seconds));
    if (next > 1) this.#append(sessionStart(seconds, step));
  }

  #append(event: Uint8Array): void {
    if (this.#file !== null) appendBytes(this.#file, record(event));
  }
}
