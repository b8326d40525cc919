/** Files of one JSON value a line: append, read. Knows nothing of what the lines mean. */
import { readFile } from "node:fs/promises";
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
  const lines: JsonLine[] = [];
  const refuseLine = (line: number, problem: string, cause?: unknown): never => {
    throw new EngineError("E_FORMAT", `${file}:${line}: ${problem}`, { details: { file, line }, cause });
  };
  text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .forEach((content, index) => {
      if (content.trim() === "") return;
      const line = index + 1;
      try {
        lines.push({ value: JSON.parse(content), line });
      } catch (cause) {
        refuseLine(line, `expected a JSON object, found ${printable(content.trim())}`, cause);
      }
      if (nestsTooDeep(content)) refuseLine(line, TOO_DEEP);
      const twice = duplicateKey(content);
      if (twice !== null) refuseLine(line, `the key ${shown(twice)} stands twice in one object`);
    });
  return lines;
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

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
