/**
 * The outputs of a command that scores many videos: checked before the model is opened, written at the end. Until they
 * are, a journal beside the first of them keeps the results, and the command goes on from there.
 */
import { dirname, resolve } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import { makeFolder } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { type Lock, lockNames, takeLock } from "../core/lock.js";
import {
  checkOutput,
  isFileToBe,
  type NamedPath,
  namedPaths,
  realPlace,
  refuseOverlap,
} from "../core/output-place.js";
import { isFile } from "../core/text-file.js";
import { type JournalFile, openJournal } from "../infer/journal-file.js";
import type { JournalRow } from "../infer/journal-subject.js";
import type { ScoreManyOptions } from "../infer/score-many.js";
import type { Asked } from "./asked.js";
import { goOnUnread } from "./output.js";
import { stopSignal } from "./stop-signal.js";

/** 130 is a shell's code for a program that was interrupted. */
const STOPPED = 130;

export const RESUME_FLAG = "--resume";
export const RESUME = "go on from the results that an interrupted run left beside its output";

export interface ResultPlan {
  readonly asked: Pick<Asked, "inputs" | "subject">;
  readonly resume?: boolean | undefined;
  /** Flag → path, of those that may be given. */
  readonly outputs: Readonly<Record<string, string | undefined>>;
  /** What must stay as it is, beside what is asked. */
  readonly inputs: readonly NamedPath[];
  /** What is scored, as journalSubject takes it. */
  readonly rows: readonly JournalRow[];
}

export class ResultFiles {
  /** Null where there is no output to keep it beside. */
  readonly journal: JournalFile | null;
  readonly #outputs: readonly NamedPath[];
  readonly #videos: number;
  readonly #locks: readonly Lock[];
  #failed: Error | null = null;

  constructor(
    outputs: readonly NamedPath[],
    journal: JournalFile | null,
    { videos, locks }: { readonly videos: number; readonly locks: readonly Lock[] },
  ) {
    this.#outputs = outputs;
    this.journal = journal;
    this.#videos = videos;
    this.#locks = locks;
    // A second Ctrl-C or a closed output ends the process without coming back here.
    process.once("exit", this.#tell);
  }

  /**
   * What `score` gives, or null when a signal stopped it: that and how to go on is said on standard error, and the exit
   * code is set.
   */
  async unlessStopped<T>(
    score: (options: Pick<ScoreManyOptions, "signal" | "journal">) => Promise<T>,
  ): Promise<T | null> {
    const journal = this.journal ?? undefined;
    const signal = stopSignal(
      `the batch in work is dropped, ${journal ? "the others are kept" : "nothing is kept"}`,
    );
    try {
      return await score({ signal, journal });
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      process.exitCode = STOPPED;
      return null;
    }
  }

  /** Writes an output if its flag was given; a failure is met in `finish`, after all else was told. */
  async write(name: string, content: () => string): Promise<void> {
    const output = this.#outputs.find((one) => one.name === name);
    if (output === undefined) return;
    await writeAtomic(output.path, content()).catch((error: Error) => {
      this.#failed ??= error;
    });
  }

  /** @throws {EngineError} E_FORMAT when an output could not be written; the journal stays then. */
  async finish(): Promise<void> {
    if (this.#failed !== null) throw this.#failed;
    await this.journal?.remove();
  }

  /** To be called at last, however it ended. Says how to go on where there is something to go on from. */
  async close(): Promise<void> {
    await this.journal?.close();
    await releaseAll(this.#locks);
    this.#tell();
  }

  readonly #tell = (): void => {
    process.off("exit", this.#tell);
    const { kept, file } = this.journal ?? { kept: 0, file: "" };
    if (kept > 0)
      say(`${kept} of ${this.#videos} results are in ${file}: the same command with --resume goes on`);
  };
}

/**
 * @throws {EngineError} E_OPTION naming the flag when an output cannot be written, is an input or another output, or
 *   results are there that are not these or are not to be gone on with; E_BUSY when another command writes one of them.
 */
export async function openResults({
  asked,
  resume = false,
  outputs,
  inputs,
  rows,
}: ResultPlan): Promise<ResultFiles> {
  const given = namedPaths(outputs);
  const journal = await journalPath(given);
  await refuseOverlap(
    [...given, ...(journal === null ? [] : [journal, ...(await locksOf(given, journal))])],
    [...inputs, ...(await asked.inputs())],
  );
  const places: NamedPath[] = [];
  for (const output of given) places.push({ ...output, path: await checkOutput(output) });
  const [first] = places;
  if (first !== undefined) goOnUnread(`scoring goes on, ${first.path} will hold the results`);
  if (journal === null) {
    if (!resume) return new ResultFiles(places, null, { videos: rows.length, locks: [] });
    const flag = Object.keys(outputs).map((name) => `--${name}`);
    const message = `option resume: results are kept beside an output file: give ${flag.join(" or ")}`;
    throw new EngineError("E_OPTION", message, { details: { option: "resume" } });
  }
  await checkOutput(journal);
  const subject = await asked.subject(rows);
  const locks = await holdOthers(places, journal);
  const opened = await openJournal(journal.path, subject, { resume, onTrouble: say }).catch(async (error) => {
    await releaseAll(locks);
    throw error;
  });
  if (resume)
    say(
      opened.kept > 0
        ? `${opened.kept} of ${rows.length} results are taken from ${opened.file}`
        : `there are no results to go on from at ${opened.file}: begins with the first video`,
    );
  return new ResultFiles(places, opened, { videos: rows.length, locks });
}

/** Beside the first output that is a file, or beside another one where one is there already. */
async function journalPath(outputs: readonly NamedPath[]): Promise<NamedPath | null> {
  let first: NamedPath | null = null;
  for (const { name, path } of outputs) {
    if (!(await isFileToBe(path))) continue;
    const journal = { name: `${name} (its journal)`, path: journalOf(await unlinked(path)) };
    // Where a link is given, the journal may have been begun beside the link.
    for (const there of [journal.path, journalOf(path)])
      if (await isFile(there)) return { ...journal, path: there };
    first ??= journal;
  }
  return first;
}

/** As it was given, unless links lead elsewhere: two names of one file have one journal. */
async function unlinked(path: string): Promise<string> {
  const place = await realPlace(path);
  return place === resolve(path) ? path : place;
}

function journalOf(path: string): string {
  return `${path}.journal`;
}

function lockOf(journal: string): string {
  return `${journal}.lock`;
}

/** What the locks of outputs and journal may be called. */
async function locksOf(outputs: readonly NamedPath[], journal: NamedPath): Promise<NamedPath[]> {
  const held = new Map<string, NamedPath>();
  for (const { name, path } of outputs) {
    if (!(await isFileToBe(path))) continue;
    for (const lock of lockNames(lockOf(journalOf(await realPlace(path)))))
      held.set(lock, { name: `${name} (its lock)`, path: lock });
  }
  for (const lock of lockNames(lockOf(await realPlace(journal.path))))
    if (!held.has(lock)) held.set(lock, { name: journal.name, path: lock });
  return [...held.values()];
}

/** Keeps other commands from the outputs that the journal, which has its own lock, does not lie beside. */
async function holdOthers(places: readonly NamedPath[], journal: NamedPath): Promise<Lock[]> {
  const own = await realPlace(journal.path);
  const locks: Lock[] = [];
  try {
    for (const { path } of places) {
      if (journalOf(path) === own || !(await isFileToBe(path))) continue;
      await makeFolder(dirname(path), path);
      locks.push(await takeLock(lockOf(journalOf(path)), path));
    }
    return locks;
  } catch (error) {
    await releaseAll(locks);
    throw error;
  }
}

async function releaseAll(locks: readonly Lock[]): Promise<void> {
  for (const lock of locks) await lock.release();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
