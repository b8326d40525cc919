/**
 * A journal in a file of JSON lines: what it is of, then a line for every batch, on the disk before the next batch is
 * judged. Knows neither models nor videos.
 */
import { rmSync } from "node:fs";
import { z } from "zod";
import { AppendFile } from "../core/append-file.js";
import { writeAtomic } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import { type JsonLine, parseJsonLines, toJson } from "../core/jsonl.js";
import { refuse } from "../core/refuse.js";
import { parseWith } from "../core/schema.js";
import { decodeUtf8, readIfThere } from "../core/text-file.js";
import type { Journal, Placed } from "./journal.js";
import { type JournalSubject, journalSubjectSchema, subjectDifferences } from "./journal-subject.js";
import type { VideoScore } from "./video-score.js";

const headSchema = z.strictObject({ vqathinkerJournal: z.literal(1), ...journalSubjectSchema.shape });

/** JSON has no infinity; an open end of a scale is written as null. */
const end = (open: number) => z.union([z.number(), z.null().transform(() => open)]);
const nullable = z.string().nullable();
const resultSchema = z.strictObject({
  file: z.string(),
  score: z.number().nullable(),
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

export interface JournalOptions {
  /** Go on from what is there. */
  readonly resume: boolean;
  /** Is told when results could not be written, and when those that waited were: a full disk ends no scoring. */
  readonly onTrouble: (message: string) => void;
}

export class JournalFile implements Journal {
  readonly file: string;
  readonly #known: ReadonlyMap<number, VideoScore>;
  readonly #lines: AppendFile;
  readonly #onTrouble: (message: string) => void;
  #kept: number;
  #waiting = 0;

  constructor(lines: AppendFile, known: ReadonlyMap<number, VideoScore>, onTrouble: (said: string) => void) {
    this.file = lines.file;
    this.#lines = lines;
    this.#known = known;
    this.#kept = known.size;
    this.#onTrouble = onTrouble;
  }

  /** Results on the disk. */
  get kept(): number {
    return this.#kept;
  }

  known(place: number): VideoScore | undefined {
    return this.#known.get(place);
  }

  /** Failed ones are not written: going on tries them again. */
  keep(results: readonly Placed[]): void {
    const batch = results.filter(({ result }) => result.status !== "failed");
    if (batch.length === 0) return;
    const waited = this.#waiting;
    this.#waiting += batch.length;
    const error = this.#lines.append(`${toJson({ batch })}\n`);
    if (error === null) {
      this.#kept += this.#waiting;
      this.#waiting = 0;
      if (waited > 0) this.#onTrouble(`${this.file}: can be written again; nothing is missing in it`);
    } else if (waited === 0) {
      this.#onTrouble(`${this.file}: cannot be written: ${error.message}; tried again after each batch`);
    }
  }

  /** Removes it: its results are elsewhere now. */
  remove(): void {
    rmSync(this.file, { force: true });
    this.#kept = 0;
  }

  /** Closes the file; where it holds no result it goes. */
  close(): void {
    this.#lines.close();
    if (this.#kept === 0) rmSync(this.file, { force: true });
  }
}

/**
 * Opens a journal, or begins one where there is none or one without results. A last line that is cut short, as by a
 * kill, is dropped: its batch is scored again.
 *
 * @throws {EngineError} E_OPTION when results are there and `resume` is not said, or they are of another model, list
 *   or setting; E_FORMAT when the file is no journal or its lines are not whole.
 */
export async function openJournal(
  file: string,
  subject: JournalSubject,
  { resume, onTrouble }: JournalOptions,
): Promise<JournalFile> {
  const bytes = await readIfThere(file);
  const whole = bytes === null ? 0 : bytes.lastIndexOf(10) + 1;
  const found = bytes === null || bytes.length === 0 ? null : readJournal(bytes.subarray(0, whole), file);
  if (found === null || found.known.size === 0) {
    const head = `${toJson({ vqathinkerJournal: 1, ...subject })}\n`;
    await writeAtomic(file, head);
    return new JournalFile(new AppendFile(file, new TextEncoder().encode(head).length), new Map(), onTrouble);
  }
  const holds = `${found.known.size} of ${found.head.list.videos} results`;
  if (!resume) throw refused(file, `${holds} of a run that was interrupted: go on with it by --resume`);
  const others = subjectDifferences(found.head, subject);
  if (others.length > 0)
    throw refused(file, `${holds} of something else (${others.join("; ")}): give the same`);
  return new JournalFile(new AppendFile(file, whole), found.known, onTrouble);
}

function refused(file: string, holds: string): EngineError {
  const message = `option resume: ${file} holds ${holds}, or delete that file to begin anew`;
  return new EngineError("E_OPTION", message, { details: { option: "resume", file } });
}

function readJournal(
  bytes: Uint8Array,
  file: string,
): { head: JournalSubject; known: Map<number, VideoScore> } {
  const [first, ...rest] = parseJsonLines(decodeUtf8(bytes, file), file);
  if (first === undefined) return refuse(file, null, "expected a journal of results, found no whole line");
  const head = parseWith(headSchema, first.value, file);
  const known = new Map<number, VideoScore>();
  for (const { place, result } of rest.flatMap((line) => batchOf(line, file))) {
    if (place >= head.list.videos)
      refuse(file, null, `expected places below ${head.list.videos}, found ${place}`);
    known.set(place, result);
  }
  return { head, known };
}

function batchOf({ value, line }: JsonLine, file: string): Placed[] {
  return parseWith(batchSchema, value, `${file}:${line}`).batch;
}
