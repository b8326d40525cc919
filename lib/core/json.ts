/**
 * JSON objects read strictly: `JSON.parse` keeps the last of two equal keys without a word, which in a weight
 * file would hide a tensor. Knows nothing of what the objects mean.
 */
import { readFile } from "node:fs/promises";
import { EngineError } from "./errors.js";
import { decodeUtf8, readIfThere } from "./text-file.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that stands twice in one object of a text that JSON.parse accepts; null when there is none. */
function duplicateKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const found = match[0];
    if (found === "{") open.push(new Set());
    else if (found === "[") open.push(null);
    else if (found === "}" || found === "]") open.pop();
    else if (match[1] !== undefined) {
      const key = JSON.parse(found.slice(0, found.length - match[1].length)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}

/**
 * Parses UTF-8 bytes that hold one JSON object.
 *
 * @param source  What the bytes are, for messages: a path, or a path and a place in it.
 * @throws {EngineError} E_FORMAT when the bytes are not UTF-8, not JSON, not an object, or name a key twice.
 */
export function parseJsonObject(bytes: Uint8Array, source: string): JsonObject {
  const refuse = (problem: string): never => {
    throw new EngineError("E_FORMAT", `${source}: ${problem}`, { details: { file: source } });
  };
  const text = decodeUtf8(bytes, source);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`expected JSON: ${(error as Error).message}`);
  }
  if (!isJsonObject(value)) return refuse("expected a JSON object");
  const twice = duplicateKey(text);
  if (twice !== null) refuse(`the key ${JSON.stringify(twice)} stands twice in one object`);
  return value;
}

/** @throws {EngineError} E_FORMAT when the file cannot be read, or holds no such object. */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new EngineError("E_FORMAT", `${path}: cannot be read: ${error.message}`, {
      details: { file: path },
      cause: error,
    });
  });
  return parseJsonObject(bytes, path);
}

/** As readJsonFile; null when there is no file of that name. */
export async function readJsonIfThere(path: string): Promise<JsonObject | null> {
  const bytes = await readIfThere(path);
  return bytes === null ? null : parseJsonObject(bytes, path);
}
