/**
 * A journal in a file of JSON lines: what it is of, then a line for every batch, on the disk before the next batch is
 * judged. Knows neither models nor videos.
 */
import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { lostName } from "../core/absent.js";
import { writeAtomic } from "../core/atomic-file.js";
import { checkFunction, checkPath, optionError } from "../core/check.js";
import { makeFolder, syncFile } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { appendJsonLines, type JsonLine, jsonLines, parseCutJsonLines } from "../core/jsonl.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { type Lock, takeLock } from "../core/lock.js";
import { listed, refuse, shown } from "../core/refuse.js";
import { parseWith } from "../core/schema.js";
import { isFile } from "../core/text-file.js";
import type { Journal, PlacedScore } from "./journal.js";
import { type JournalSubject, journalSubjectSchema, subjectDifferences } from "./journal-subject.js";
import type { VideoScore } from "./video-score.js";

/** So many differences stand in a message. */
const NAMED = 3;

/** How a journal begins, as it is written. */
const MARK = '{"vqathinkerJournal":1,';
const headSchema = z.strictObject({ vqathinkerJournal: z.literal(1), ...journalSubjectSchema.shape });

/** JSON has no infinity; an open end of a scale is written as null. */
const end = (open: number) => z.union([z.number(), z.null().transform(() => open)]);
const nullable = z.string().nullable();
const resultSchema = z.strictObject({
  file: z.string(),
  score: z.number().nullable(),
  expected: z.number().nullable().optional(),
  expectedMass: z.number().min(0).max(1).nullable().optional(),
  scale: z.strictObject({ min: end(-Infinity), max: end(Infinity) }),
  status: z.enum(["ok", "unparsed"]),
  reasoning: nullable,
  answer: nullable,
  frameTimes: z.array(z.number()),
  seconds: z.number().min(0),
  choice: z.string().optional(),
  notice: z.string().optional(),
});
const batchSchema = z.strictObject({
  batch: z.array(z.strictObject({ place: z.int().min(0), result: resultSchema })).min(1),
});

/** Whether it goes on, and who is told of trouble. */
export interface JournalOptions {
  /** Go on from what is there. */
  readonly resume: boolean;
  /** Is told when results could not be written, and when those that waited were: a full disk ends no scoring. */
  readonly onTrouble: (message: string) => void;
}

const JOURNAL_OPTIONS: Names<JournalOptions> = { resume: true, onTrouble: true };

interface Opened {
  readonly file: string;
  readonly known: ReadonlyMap<number, VideoScore>;
  readonly lock: Lock;
  readonly onTrouble: (message: string) => void;
}

/** A journal in a file. */
export class JournalFile implements Journal {
  readonly file: string;
  readonly #opened: Opened;
  #kept: number;
  #waiting: PlacedScore[][] = [];

  constructor(opened: Opened) {
    this.file = opened.file;
    this.#opened = opened;
    this.#kept = opened.known.size;
  }

  /** Results on the disk. */
  get kept(): number {
    return this.#kept;
  }

  known(place: number): VideoScore | undefined {
    return this.#opened.known.get(place);
  }

  /** Failed ones are not written: going on tries them again. */
  async keep(results: readonly PlacedScore[]): Promise<void> {
    const batch = results.filter(({ result }) => result.status !== "failed");
    if (batch.length === 0) return;
    const waited = this.#waiting.length > 0;
    this.#waiting.push(batch);
    const { onTrouble } = this.#opened;
    try {
      const lines = this.#waiting.map((results) => ({ batch: results }));
      appendJsonLines(this.file, lines);
    } catch (error) {
      if (!waited) onTrouble(`${(error as Error).message}; after each batch it is tried again`);
      return;
    }
    this.#kept += this.#waiting.flat().length;
    this.#waiting = [];
    if (waited) onTrouble(`${this.file} can be written again; nothing is missing in it`);
    await syncFile(this.file).catch((error: Error) =>
      onTrouble(`${this.file} may not be on the disk yet: ${error.message}`),
    );
  }

  /** Lets others have it; a file without results goes. */
  async close(): Promise<void> {
    if (this.#kept === 0) await rm(this.file, { force: true });
    await this.#opened.lock.release();
  }

  /** As close, when its results are elsewhere: the file goes. */
  async remove(): Promise<void> {
    this.#kept = 0;
    await this.close();
  }
}

/**
 * Opens a journal, or begins one where there is none or one without results. A last line that is cut short, as by a
 * kill, is dropped: its batch is scored again; what was cut short in its first line is begun anew, and `onTrouble` hears
 * of it. Beside it a lock keeps other processes out.
 *
 * @throws {EngineError} E_OPTION for what is no path, subject or option, and when results are there and `resume` is not
 *   said, or they are of another model, list or setting; E_FORMAT when the file is no journal, its lines are not whole or
 *   it cannot be written; E_BUSY when another process has it open.
 */
export async function openJournal(
  file: string,
  subject: JournalSubject,
  options: JournalOptions,
): Promise<JournalFile> {
  checkPath("file", file);
  if (!journalSubjectSchema.safeParse(subject).success)
    throw optionError("subject", "what journalSubject gives", subject);
  checkOptions(options, JOURNAL_OPTIONS);
  const { resume, onTrouble } = options;
  checkFunction("onTrouble", onTrouble);
  const lost = lostName(file);
  if (lost !== null) refuse(file, null, `cannot be written: ${lost}`);
  await makeFolder(dirname(file));
  const lock = await takeLock(`${file}.lock`, file);
  try {
    const known = await begun(file, subject, { resume, onTrouble });
    return new JournalFile({ file, known, lock, onTrouble });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Leaves a file of whole lines of this subject; gives the results in it. */
async function begun(
  file: string,
  subject: JournalSubject,
  { resume, onTrouble }: JournalOptions,
): Promise<Map<number, VideoScore>> {
  const text = (await isFile(file)) ? await readFile(file, "utf8") : null;
  const isTorn = text !== null && isTornHead(text);
  if (isTorn) onTrouble(`${file} was cut short before its first result: it is begun anew`);
  const { lines, cut } = text === null || isTorn ? { lines: null, cut: "" } : parseCutJsonLines(text, file);
  if (lines?.length === 0) {
    const found = `expected a journal of results, found ${shown(cut)}`;
    return refuse(file, null, `${found}: move that file away, or give an output of another name`);
  }
  const found = lines === null ? null : readJournal(lines, file);
  if (lines === null || found === null || found.known.size === 0) {
    await writeAtomic(file, jsonLines([{ vqathinkerJournal: 1, ...subject }]));
    return new Map();
  }
  const holds = `${found.known.size} of ${found.head.list.videos} results`;
  if (!resume) throw refused(file, `${holds} of a run that was interrupted: go on with it by --resume`);
  const others = subjectDifferences(found.head, subject);
  if (others.length > 0)
    throw refused(file, `${holds} of something else (${listed(others, NAMED)}): give the same`);
  await writeAtomic(file, jsonLines(lines.map(({ value }) => value as object)));
  return found.known;
}

/** What a power cut leaves of a journal without results: nothing, zeros, or the beginning of its first line. */
function isTornHead(text: string): boolean {
  const head = text.replaceAll("\0", "").trim();
  if (MARK.startsWith(head)) return true;
  return head.startsWith(MARK) && !/\n|"batch"/.test(head) && !head.endsWith("}}");
}

function refused(file: string, holds: string): EngineError {
  const message = `option resume: ${file} holds ${holds}, or delete that file to begin anew`;
  return new EngineError("E_OPTION", message, { details: { option: "resume", file } });
}

function readJournal(
  [first, ...rest]: readonly JsonLine[],
  file: string,
): { head: JournalSubject; known: Map<number, VideoScore> } {
  const head = parseWith(headSchema, first?.value, file);
  const known = new Map<number, VideoScore>();
  for (const { place, result } of rest.flatMap((line) => batchOf(line, file))) {
    if (place >= head.list.videos)
      refuse(file, null, `expected places below ${head.list.videos}, found ${place}`);
    known.set(place, result);
  }
  return { head, known };
}

function batchOf({ value, line }: JsonLine, file: string): PlacedScore[] {
  return parseWith(batchSchema, value, `${file}:${line}`).batch;
}
