/** Files of one JSON value a line: append, read. Knows nothing of what the lines mean. */
import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { EngineError } from "./errors.js";
import { nestsTooDeep, TOO_DEEP } from "./json.js";
import { printable } from "./refuse.js";

/** Appends one line; each call is one write, so that a reader sees whole lines only. */
export function appendJsonLine(file: string, value: object): void {
  appendFileSync(file, `${toJson(value)}\n`);
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

/** @throws {EngineError} E_FORMAT naming file:line when a line is not JSON, or nests too deep. Blank lines are skipped. */
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
    });
  return lines;
}

export async function readJsonLines(file: string): Promise<JsonLine[]> {
  return parseJsonLines(await readFile(file, "utf8"), file);
}
