/**
 * A run folder: config.json, events.jsonl, completions.jsonl, checkpoints/step-N/, and run.lock while a process uses it.
 * Readable while the run goes on. Knows no method and no key of the configuration.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { lostName } from "../core/absent.js";
import { writeAtomic, writeJsonAtomic } from "../core/atomic-file.js";
import { removeFolder, sweepTraces, writeFolderAtomic } from "../core/atomic-folder.js";
import { optionError } from "../core/check.js";
import { cannotBeWritten, makeFolder, syncFile } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { isJsonObject, type JsonObject, readJsonFile } from "../core/json.js";
import { appendJsonLines, cutJsonLines, jsonLines, readCutJsonLines } from "../core/jsonl.js";
import { type Lock, takeLock } from "../core/lock.js";
import { checkOutputFolder } from "../core/output-place.js";
import { printable, refuse } from "../core/refuse.js";
import { toType } from "../core/to-type.js";
import type { EvaluationEvent, RunEvent, RunStep, Sink } from "./events.js";

const CONFIG = "config.json";
const EVENTS = "events.jsonl";
const LOGS = [EVENTS, "completions.jsonl"];
const OWN = /config\.json|(events|completions)\.jsonl|run\.lock(\.next)*/;
const CHECKPOINT = /^step-(\d+)$/;

/** Keys of a model's config.json that no run's has. */
const MODEL_KEYS = ["architectures", "model_type"];

/** What is left of a run's log, and what is to be said of it. */
export interface Rewound {
  /** Events of the finished steps. */
  readonly finished: readonly RunStep[];
  readonly evaluations: readonly EvaluationEvent[];
  readonly warnings: readonly string[];
}

export interface LatestCheckpoint {
  readonly step: number;
  readonly dir: string;
  /** Step of the one before it; 0 when there is none. */
  readonly before: number;
}

export class RunFolder implements Sink {
  readonly dir: string;
  #lock: Lock | null = null;

  private constructor(dir: string) {
    this.dir = resolve(dir);
  }

  /**
   * Can a run begin here? Makes nothing.
   *
   * @throws {EngineError} E_OPTION when the folder already holds a run, or some of one, or cannot be made or written to.
   */
  static async checkFree(dir: string): Promise<void> {
    const folder = new RunFolder(dir);
    await folder.#refuseRun();
    await checkOutputFolder({ name: "out", path: dir });
  }

  /**
   * A new folder, held by this process until `close`.
   *
   * @throws {EngineError} E_OPTION as checkFree; E_BUSY when another process makes a run there; E_FORMAT when it cannot be
   *                       written.
   */
  static async create(dir: string, config: object): Promise<RunFolder> {
    await RunFolder.checkFree(dir);
    const folder = new RunFolder(dir);
    for (const made of [folder.dir, folder.#file("checkpoints")]) await makeFolder(made);
    await folder.hold();
    try {
      await folder.#refuseRun();
      await folder.saveConfig(config);
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  /** Holds nothing yet. @throws {EngineError} E_FORMAT when the folder holds no run. */
  static async open(dir: string): Promise<{ folder: RunFolder; config: JsonObject }> {
    const folder = new RunFolder(dir);
    const config = await folder.#config();
    if (typeof config !== "string") return { folder, config };
    return refuse(folder.dir, null, `expected a run folder, found ${config}`);
  }

  /**
   * Keeps every other process out until `close`, and puts right what a killed one left.
   *
   * @throws {EngineError} E_BUSY naming the process that uses the folder.
   */
  async hold(): Promise<void> {
    if (this.#lock !== null) return;
    this.#lock = await takeLock(this.#file("run.lock"), this.dir);
    try {
      await sweepTraces(this.dir, OWN);
      await sweepTraces(this.#file("checkpoints"), CHECKPOINT);
    } catch (error) {
      await this.close();
      cannotBeWritten(this.dir, error);
    }
  }

  /** Lets others in again. Safe to call twice. */
  async close(): Promise<void> {
    await this.#lock?.release();
    this.#lock = null;
  }

  saveConfig(config: object): Promise<void> {
    return writeJsonAtomic(this.#file(CONFIG), config);
  }

  event(event: RunEvent): void {
    appendJsonLines(this.#file(EVENTS), [event]);
  }

  completions(lines: readonly object[]): void {
    appendJsonLines(this.#file("completions.jsonl"), lines);
  }

  /**
   * Fills checkpoints/step-N; a folder of that name is there whole or not at all, and what the logs say of its steps is
   * on the disk before.
   */
  async saveCheckpoint(step: number, fill: (dir: string) => Promise<void>): Promise<string> {
    for (const name of LOGS) {
      const file = this.#file(name);
      if (existsSync(file)) await syncFile(file).catch((error: unknown) => cannotBeWritten(file, error));
    }
    const dir = this.checkpoint(step);
    await writeFolderAtomic(dir, fill);
    return dir;
  }

  /** The checkpoint of the highest step; null when there is none. */
  async latestCheckpoint(): Promise<LatestCheckpoint | null> {
    const [step, before = 0] = (await this.#steps()).reverse();
    return step === undefined ? null : { step, dir: this.checkpoint(step), before };
  }

  /** Removes all checkpoints but the `count` newest, and `best`. Gives a line for each that stays all the same. */
  async keepLast(count: number, best?: number): Promise<string[]> {
    const stayed: string[] = [];
    for (const step of (await this.#steps()).slice(0, -count)) {
      if (step === best) continue;
      await removeFolder(this.checkpoint(step)).catch((error: unknown) => {
        if (!(error instanceof EngineError)) throw error;
        stayed.push(`an old checkpoint stays: ${error.message}`);
      });
    }
    return stayed;
  }

  /**
   * Takes out what was written about steps after `step`: they are made again. A last line that was cut short is of such
   * a step.
   *
   * @throws {EngineError} E_FORMAT for any other line that is no JSON.
   */
  async rewind(step: number): Promise<Rewound> {
    const finished: RunStep[] = [];
    const evaluations: EvaluationEvent[] = [];
    let told = 0;
    const warnings: string[] = [];
    for (const name of LOGS) {
      const file = this.#file(name);
      if (!existsSync(file)) continue;
      const shortened = (cut: string) => {
        if (cut !== "") warnings.push(`${name}: its last line was cut short and is left out: ${brief(cut)}`);
      };
      if (name !== EVENTS) {
        // Of any size: a long run's answers fit in no memory.
        shortened(
          await cutJsonLines(
            file,
            (line) => isJsonObject(line) && placeOf(line as unknown as RunEvent) > step,
          ),
        );
        continue;
      }
      const { lines, cut } = await readCutJsonLines(file);
      shortened(cut);
      const events = lines
        .map(({ value, line }) =>
          isJsonObject(value) ? (value as unknown as RunEvent) : noEvent(file, line, value),
        )
        .filter((line) => placeOf(line) <= step);
      finished.push(...events.filter((line) => line.type === "step"));
      evaluations.push(...events.filter((line) => line.type === "evaluation"));
      told = finished.length + events.filter((line) => line.type === "emptyStep").length;
      await writeAtomic(file, jsonLines(events));
    }
    if (told < step) warnings.push(`${EVENTS} tells of ${told} of the ${step} steps before the checkpoint`);
    return { finished, evaluations, warnings };
  }

  /** Steps that have a checkpoint, the newest last. */
  async #steps(): Promise<number[]> {
    const names = await readdir(this.#file("checkpoints")).catch(() => []);
    return names
      .flatMap((name) => CHECKPOINT.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #refuseRun(): Promise<void> {
    const around = checkpointsAround(this.dir);
    if (around !== null) {
      const hint = `choose another one: there is a part of the run ${around}: resume that`;
      throw optionError("out", "a folder without a run", this.dir, hint);
    }
    const found = [CONFIG, ...LOGS].find((name) => existsSync(this.#file(name)));
    const steps = await this.#steps();
    if (found === undefined && steps.length === 0) return;
    const other =
      found === CONFIG
        ? await this.#noRun()
        : `a run without its config.json is there (${found ?? `checkpoints/step-${steps[0]}`})`;
    const hint =
      other === null
        ? `choose another one, or go on with the run that is there: ${toType("train", "--resume", this.dir)}`
        : `choose another one: ${other}`;
    throw optionError("out", "a folder without a run", this.dir, hint);
  }

  /** Whose config.json is here, where it is no run's; null for a run's. */
  async #noRun(): Promise<string | null> {
    const config = await this.#config().catch((error: Error) => error);
    if (config instanceof Error) return config.message;
    if (typeof config === "string") return `there is ${config}`;
    // A run makes that folder before its config.json.
    return existsSync(this.#file("checkpoints")) ? null : "a config.json is there, and no run beside it";
  }

  /** What the run's config.json holds, or in words what this folder is instead. */
  async #config(): Promise<JsonObject | string> {
    const run = runAround(this.dir);
    if (run !== null) return `a part of the run ${run}: resume that`;
    const file = this.#file(CONFIG);
    if (!existsSync(file)) return lostName(this.dir) ?? "no config.json";
    const config = await readJsonFile(file);
    return MODEL_KEYS.some((key) => key in config) ? "a checkpoint: its config.json is a model's" : config;
  }

  /** Where the checkpoint of a step is, or would be. */
  checkpoint(step: number): string {
    return join(this.#file("checkpoints"), `step-${step}`);
  }

  #file(name: string): string {
    return join(this.dir, name);
  }
}

function placeOf(event: RunEvent): number {
  if ("step" in event) return event.step;
  return "atStep" in event ? event.atStep : event.afterStep;
}

/** The run in one of whose checkpoints this folder is, or would be, whether that holds weights or an adapter. */
function checkpointsAround(dir: string): string | null {
  for (let at = dir; at !== dirname(at); at = dirname(at)) {
    const above = dirname(at);
    if (!CHECKPOINT.test(basename(at)) || basename(above) !== "checkpoints") continue;
    if (existsSync(join(dirname(above), CONFIG))) return dirname(above);
  }
  return null;
}

/** The run of which this folder or file is a part, such as a checkpoint; null for what is a run itself, or of none. */
function runAround(dir: string): string | null {
  const isCheckpoint = CHECKPOINT.test(basename(dir)) && basename(dirname(dir)) === "checkpoints";
  if (!existsSync(dir) || (existsSync(join(dir, CONFIG)) && !isCheckpoint)) return null;
  let at = dir;
  while (at !== dirname(at)) {
    at = dirname(at);
    if (existsSync(join(at, CONFIG)) && existsSync(join(at, "checkpoints"))) return at;
  }
  return null;
}

function noEvent(file: string, line: number, value: unknown): never {
  return refuse(`${file}:${line}`, null, `expected an event, found ${printable(JSON.stringify(value))}`);
}

/** Enough of a cut line to know it by; a power cut leaves zeros. */
function brief(cut: string): string {
  const zeros = cut.length - cut.replaceAll("\0", "").length;
  const begin = cut.replaceAll("\0", "").slice(0, 40);
  if (zeros === 0) return printable(begin.length < cut.length ? `${begin}…` : begin);
  return begin === "" ? `${zeros} zero bytes` : `${printable(begin)}… with ${zeros} zero bytes`;
}
