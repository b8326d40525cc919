/** Files of one JSON value a line: append, read. Knows nothing of what the lines mean. */
import { open, readFile } from "node:fs/promises";
import { appendBytes } from "./append.js";
import { EngineError } from "./errors.js";
import { duplicateKey, nestsTooDeep, TOO_DEEP } from "./json.js";
import { printable, shown } from "./refuse.js";

/** Lines of JSON, each with its line feed. */
export function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${toJson(value)}\n`).join("");
}

/**
 * Appends lines, all of them or none: in one write, so that a reader sees whole lines only, and what a full disk took
 * of them is cut off again.
 *
 * @throws {EngineError} E_FORMAT naming the file when it cannot be written.
 */
export function appendJsonLines(file: string, values: readonly object[]): void {
  appendBytes(file, new TextEncoder().encode(jsonLines(values)));
}

/** JSON text; numbers that JSON cannot say (NaN, ±Infinity) become null. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    ArrayBuffer.isView(item) ? Array.from(item as never) : item,
  );
}

export interface JsonLine {
  readonly value: unknown;
  /** From 1. */
  readonly line: number;
}

/**
 * Blank lines are skipped.
 *
 * @throws {EngineError} E_FORMAT naming file:line when a line is not JSON, nests too deep or names a key twice.
 */
export function parseJsonLines(text: string, file: string): JsonLine[] {
  return text.split("\n").flatMap((content, index) => parseJsonLine(content, file, index + 1));
}

/** None of a blank line. */
function parseJsonLine(content: string, file: string, line: number): JsonLine[] {
  const text = line === 1 ? content.replace(/^\uFEFF/, "") : content;
  if (text.trim() === "") return [];
  const refuseLine = (problem: string, cause?: unknown): never => {
    throw new EngineError("E_FORMAT", `${file}:${line}: ${problem}`, { details: { file, line }, cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    refuseLine(`expected a JSON object, found ${printable(text.trim())}`, cause);
  }
  if (nestsTooDeep(text)) refuseLine(TOO_DEEP);
  const twice = duplicateKey(text);
  if (twice !== null) refuseLine(`the key ${shown(twice)} stands twice in one object`);
  return [{ value, line }];
}

export async function readJsonLines(file: string): Promise<JsonLine[]> {
  return parseJsonLines(await readFile(file, "utf8"), file);
}

export interface CutLines {
  readonly lines: readonly JsonLine[];
  /** The file's end that is no line: what a process or a power cut left of one. "" when there is none. */
  readonly cut: string;
}

export async function readCutJsonLines(file: string): Promise<CutLines> {
  return parseCutJsonLines(await readFile(file, "utf8"), file);
}

/**
 * As parseJsonLines, of a file whose last line may have been cut short: it has no line feed and is no JSON.
 *
 * @throws {EngineError} E_FORMAT as parseJsonLines, for any other line.
 */
export function parseCutJsonLines(text: string, file: string): CutLines {
  const end = text.lastIndexOf("\n") + 1;
  const last = text.slice(end);
  const cut = last.trim() === "" || isJson(last) ? "" : last;
  return { lines: parseJsonLines(cut === "" ? text : text.slice(0, end), file), cut };
}

/**
 * Cuts a log of any size off where its first line begins that `isLater`, or where a line was cut short, one line in memory
 * at a time; what stays ends with a line feed.
 *
 * @returns the line that was cut short; "" when there was none.
 * @throws {EngineError} E_FORMAT as parseJsonLines, for any line up to there.
 */
export async function cutJsonLines(file: string, isLater: (value: unknown) => boolean): Promise<string> {
  const handle = await open(file, "r+");
  try {
    // Where the first later line begins; behind it nothing is read as JSON.
    let later: number | null = null;
    let [begin, line] = [0, 0];
    const see = (bytes: Buffer) => {
      line++;
      if (
        later === null &&
        parseJsonLine(bytes.toString("utf8"), file, line).some(({ value }) => isLater(value))
      )
        later = begin;
    };
    let pending: Buffer[] = [];
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      let rest = buffer.subarray(0, bytesRead);
      for (let feed = rest.indexOf(10); feed >= 0; feed = rest.indexOf(10)) {
        const bytes = Buffer.concat([...pending, rest.subarray(0, feed)]);
        see(bytes);
        begin += bytes.length + 1;
        pending = [];
        rest = rest.subarray(feed + 1);
      }
      pending.push(rest);
    }
    const last = Buffer.concat(pending);
    const text = last.toString("utf8");
    const cut = text.trim() === "" || isJson(text) ? "" : text;
    if (cut === "" && last.length > 0) see(last);
    const end = later ?? (cut === "" ? null : begin);
    if (end !== null) await handle.truncate(end);
    else if (last.length > 0) await handle.write("\n", begin + last.length);
    await handle.sync();
    return cut;
  } finally {
    await handle.close();
  }
}

const CHUNK = 1 << 20;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
