/**
 * JSON objects read strictly: `JSON.parse` keeps the last of two equal keys without a word, which in a weight
 * file would hide a tensor. Knows nothing of what the objects mean.
 */
import { noSuchFile } from "./absent.js";
import { printable, refuse, shown } from "./refuse.js";
import { decodeUtf8, readIfThere } from "./text-file.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** No file of ours nests deeper than a dozen; without a bound, a file of brackets alone would fill memory or stack. */
const MAX_DEPTH = 64;
export const TOO_DEEP = `expected JSON that nests ${MAX_DEPTH} deep at most`;

/** The place after the string whose opening quote is at `at`; the end of the text when nothing closes it. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i];
    if (character === "\\") i++;
    else if (character === '"') return i + 1;
  }
  return text.length;
}

/** Whether brackets outside strings open deeper than MAX_DEPTH, in a text that need not be JSON. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = stringEnd(text, i) - 1;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** The first key that stands twice in one object of a text that JSON.parse accepts; null when there is none. */
export function duplicateKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = stringEnd(text, i);
      const keys = isKey(text, end) ? open.at(-1) : null;
      const key = keys ? (JSON.parse(text.slice(i, end)) as string) : "";
      if (keys?.has(key)) return key;
      keys?.add(key);
      i = end - 1;
    }
  }
  return null;
}

/** Whether a colon follows, with nothing but white space before it. */
function isKey(text: string, at: number): boolean {
  let i = at;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\r" || text[i] === "\t") i++;
  return text[i] === ":";
}

/**
 * Parses UTF-8 bytes that hold one JSON object.
 *
 * @param source  What the bytes are, for messages: a path, or a path and a place in it.
 * @throws {EngineError} E_FORMAT when the bytes are not UTF-8, not JSON, not an object, nested deeper than 64, or name
 *   a key twice.
 */
export function parseJsonObject(bytes: Uint8Array, source: string): JsonObject {
  const value = parseJson(bytes, source);
  return isJsonObject(value) ? value : refuse(source, null, "expected a JSON object");
}

/** As parseJsonObject, for bytes that hold one JSON list. */
export function parseJsonList(bytes: Uint8Array, source: string): readonly unknown[] {
  const value = parseJson(bytes, source);
  return Array.isArray(value) ? value : refuse(source, null, "expected a JSON list");
}

function parseJson(bytes: Uint8Array, source: string): unknown {
  const text = decodeUtf8(bytes, source);
  if (nestsTooDeep(text)) return refuse(source, null, TOO_DEEP);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(source, null, `expected JSON: ${printable((error as Error).message)}`);
  }
  const twice = duplicateKey(text);
  if (twice !== null) refuse(source, null, `the key ${shown(twice)} stands twice in one object`);
  return value;
}

/** @throws {EngineError} E_FORMAT when the file cannot be read, or holds no such object. */
export async function readJsonFile(path: string): Promise<JsonObject> {
  return (await readJsonIfThere(path)) ?? refuse(path, null, noSuchFile(path));
}

/** As readJsonFile; null when there is no file of that name. */
export async function readJsonIfThere(path: string): Promise<JsonObject | null> {
  const bytes = await readIfThere(path);
  return bytes === null ? null : parseJsonObject(bytes, path);
}
