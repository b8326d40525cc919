/**
 * A run folder: config.json, events.jsonl, completions.jsonl, checkpoints/step-N/. Readable while the run goes on.
 * Knows no method and no key of the configuration.
 */
import { existsSync, mkdirSync } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { writeAtomic, writeFolderAtomic, writeJsonAtomic } from "../core/atomic-file.js";
import { optionError } from "../core/check.js";
import { type JsonObject, readJsonFile } from "../core/json.js";
import { appendJsonLine, readJsonLines, toJson } from "../core/jsonl.js";
import { refuse } from "../core/refuse.js";
import type { RunEvent, RunStep, Sink } from "./events.js";

export class RunFolder implements Sink {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = resolve(dir);
  }

  /**
   * Can a run begin here? Makes nothing.
   *
   * @throws {EngineError} E_OPTION when the folder already holds a run, or cannot be made or written to.
   */
  static async checkFree(dir: string): Promise<void> {
    const folder = new RunFolder(dir);
    if (existsSync(folder.#file("config.json"))) {
      const hint = "choose another one, or resume the run that is there";
      throw optionError("out", "a folder without a run", dir, hint);
    }
    let above = folder.dir;
    while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
    const wrong = await stat(above)
      .then(async (found) =>
        found.isDirectory() ? access(above, constants.W_OK).then(() => "") : "is no folder",
      )
      .catch(({ message }: Error) => message);
    if (wrong !== "")
      throw optionError("out", "a folder that can be made and written to", dir, `${above}: ${wrong}`);
  }

  /** @throws {EngineError} E_OPTION as checkFree. */
  static async create(dir: string, config: object): Promise<RunFolder> {
    await RunFolder.checkFree(dir);
    const folder = new RunFolder(dir);
    mkdirSync(folder.#file("checkpoints"), { recursive: true });
    await writeJsonAtomic(folder.#file("config.json"), config);
    return folder;
  }

  /** @throws {EngineError} E_FORMAT when the folder holds no run. */
  static async open(dir: string): Promise<{ folder: RunFolder; config: JsonObject }> {
    const folder = new RunFolder(dir);
    const file = folder.#file("config.json");
    if (!existsSync(file)) refuse(folder.dir, null, "expected a run folder, found no config.json");
    return { folder, config: await readJsonFile(file) };
  }

  event(event: RunEvent): void {
    appendJsonLine(this.#file("events.jsonl"), event);
  }

  completions(lines: readonly object[]): void {
    for (const line of lines) appendJsonLine(this.#file("completions.jsonl"), line);
  }

  /** Fills checkpoints/step-N; a folder of that name is there whole or not at all. */
  async saveCheckpoint(step: number, fill: (dir: string) => Promise<void>): Promise<string> {
    const dir = join(this.#file("checkpoints"), `step-${step}`);
    await writeFolderAtomic(dir, fill);
    return dir;
  }

  /** The checkpoint of the highest step; null when there is none. */
  async latestCheckpoint(): Promise<{ step: number; dir: string } | null> {
    const names = existsSync(this.#file("checkpoints")) ? await readdir(this.#file("checkpoints")) : [];
    const steps = names.flatMap((name) => (/^step-\d+$/.test(name) ? Number(name.slice(5)) : []));
    if (steps.length === 0) return null;
    const step = Math.max(...steps);
    return { step, dir: join(this.#file("checkpoints"), `step-${step}`) };
  }

  /** Takes out what was written about steps after `step`: they are made again. Gives the events of the steps left. */
  async rewind(step: number): Promise<RunStep[]> {
    const left: RunStep[] = [];
    for (const name of ["events.jsonl", "completions.jsonl"]) {
      if (!existsSync(this.#file(name))) continue;
      const lines = (await readJsonLines(this.#file(name))).map(({ value }) => value as RunEvent);
      const kept = lines.filter((line) => placeOf(line) <= step);
      if (name === "events.jsonl") left.push(...kept.filter((line) => line.type === "step"));
      await writeAtomic(this.#file(name), kept.map((line) => `${toJson(line)}\n`).join(""));
    }
    return left;
  }

  #file(name: string): string {
    return join(this.dir, name);
  }
}

function placeOf(event: RunEvent): number {
  if ("step" in event) return event.step;
  return "atStep" in event ? event.atStep : event.afterStep;
}
