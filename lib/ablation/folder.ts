/**
 * The folder of an ablation: ablation.json with what its numbers depend on, data/ of rendered clips, prompts/, starts/ and runs/
 * of seeds, results/ of what is measured, and ablation.lock while a process uses it. Knows no model.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomic, writeJsonAtomic } from "../core/atomic-file.js";
import { optionError } from "../core/check.js";
import { makeFolder } from "../core/durable.js";
import { type JsonObject, readJsonFile, readJsonIfThere } from "../core/json.js";
import { type Lock, takeLock } from "../core/lock.js";
import { checkOutputFolder } from "../core/output-place.js";
import { shown } from "../core/refuse.js";
import { parseWith } from "../core/schema.js";
import { firstDifference, grown } from "./recorded.js";
import { ROW_NAMES, type RowName, type StartName } from "./table.js";

const RECORD = "ablation.json";
const LOCK = "ablation.lock";
const PROMPTS = "prompts";
const STARTS = "starts";
/** Names that may stand in a folder whose record is not written yet. */
const OWN = /^ablation\.(json|lock)\b/;

const made = z.strictObject({
  video: z.string(),
  target: z.number(),
  score: z.number().nullable(),
  status: z.string(),
});
const resultSchema = z.strictObject({
  row: z.enum(ROW_NAMES),
  seed: z.int().min(1),
  /** Updates that were made. */
  steps: z.int().min(1),
  sets: z.array(
    z.strictObject({
      name: z.string(),
      domain: z.enum(["inDomain", "outOfDomain"]),
      predictions: z.array(made),
    }),
  ),
});

/** A learning that is measured: every held-out video's label and score. */
export type RowResult = z.output<typeof resultSchema>;

const startSchema = z.strictObject({ checkpoint: z.string() });

export class AblationFolder {
  readonly dir: string;
  readonly #lock: Lock;

  private constructor(dir: string, lock: Lock) {
    this.dir = dir;
    this.#lock = lock;
  }

  /**
   * Can an ablation be made, or gone on with, here? Makes nothing.
   *
   * @param record  what its numbers depend on.
   * @throws {EngineError} E_OPTION for a folder of another one, or that holds something else, or cannot be written.
   */
  static async check(dir: string, record: JsonObject): Promise<void> {
    await checkOutputFolder({ name: "out", path: dir });
    const then = await recordIn(dir);
    if (then === null) {
      const other = (await readdir(dir).catch(() => [])).find((name) => !OWN.test(name));
      if (other === undefined) return;
      throw optionError(
        "out",
        "a new folder, or one of an ablation",
        dir,
        `${other} is there; choose another one`,
      );
    }
    const difference = Object.keys(then).length === 0 ? null : firstDifference(then, record);
    if (difference === null) return;
    const { path, before, now } = difference;
    const expected = `a folder of the same settings (${path} was ${shown(before)} there, is ${shown(now)} now)`;
    throw optionError("out", expected, dir, "give the same ones, or choose another folder");
  }

  /** Held by this process until `close`. @throws {EngineError} as check; E_BUSY when another process uses it. */
  static async open(dir: string, record: JsonObject): Promise<AblationFolder> {
    await AblationFolder.check(dir, record);
    await makeFolder(dir);
    const lock = await takeLock(join(dir, LOCK), dir);
    try {
      await AblationFolder.check(dir, record);
      const file = join(dir, RECORD);
      await writeJsonAtomic(file, grown((await recordIn(dir)) ?? {}, record));
      return new AblationFolder(dir, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#lock.release();
  }

  /** Where the clips are rendered. */
  get data(): string {
    return join(this.dir, "data");
  }

  /** The model's own answers, which every start's replies are made of. */
  get answers(): string {
    return join(this.dir, "answers.jsonl");
  }

  /** Replies of a form. */
  replies(form: string): string {
    return join(this.dir, `replies-${form}.jsonl`);
  }

  /** The run folder of a row's learning. */
  run(row: RowName, seed: number): string {
    return join(this.dir, "runs", `seed-${seed}`, row);
  }

  /** The run folder of a start's fine-tuning. */
  startRun(start: StartName, seed: number): string {
    return join(this.dir, STARTS, `seed-${seed}`, start);
  }

  /** File of a prompt whose words are ours. */
  async prompt(form: string, text: string): Promise<string> {
    const file = join(this.dir, PROMPTS, `${form}.txt`);
    if (!existsSync(file)) await writeAtomic(file, `${text}\n`);
    return file;
  }

  /** Checkpoint of a start that is made; null before. @throws {EngineError} E_FORMAT for a file that says none. */
  async start(start: StartName, seed: number): Promise<string | null> {
    const file = `${this.startRun(start, seed)}.json`;
    const found = await readJsonIfThere(file);
    return found === null ? null : join(this.dir, parseWith(startSchema, found, file).checkpoint);
  }

  /** @param checkpoint  in this folder: kept relative to it, which may move. */
  async keepStart(start: StartName, seed: number, checkpoint: string): Promise<void> {
    await writeJsonAtomic(`${this.startRun(start, seed)}.json`, {
      checkpoint: checkpoint.slice(this.dir.length + 1),
    });
  }

  /** Is this learning measured? Asked of a folder that need not be held, or be there. */
  static holds(dir: string, row: RowName, seed: number): boolean {
    return existsSync(resultFile(dir, row, seed));
  }

  /** @throws {EngineError} E_FORMAT for a file that holds none. */
  async result(row: RowName, seed: number): Promise<RowResult> {
    const file = resultFile(this.dir, row, seed);
    return parseWith(resultSchema, await readJsonFile(file), file);
  }

  async keepResult(result: RowResult): Promise<void> {
    await writeJsonAtomic(resultFile(this.dir, result.row, result.seed), result);
  }
}

/**
 * What of a folder's record binds: all of it, but nothing where nothing is made by it yet, and no start's keys before there is
 * a start, so that a command that was refused there can be mended. Null for a folder without a record.
 */
async function recordIn(dir: string): Promise<JsonObject | null> {
  const record = await readJsonIfThere(join(dir, RECORD));
  if (record === null) return null;
  const names = await readdir(dir);
  // Prompts are the same words in every folder.
  if (names.every((name) => OWN.test(name) || name === PROMPTS)) return {};
  return names.includes(STARTS) ? record : { ...record, starts: {} };
}

function resultFile(dir: string, row: RowName, seed: number): string {
  return join(dir, "results", `${row}-seed-${seed}.json`);
}
