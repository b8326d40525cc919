/** One video's row in a list of videos, where it stands, and the error that names the place. Knows no format. */
import { EngineError } from "../core/errors.js";
import type { JsonObject } from "../core/json.js";
import type { ManifestEntry } from "./entry.js";

/** A line (from 1) of a text, a key of a JSON object, or the file as a whole. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly key?: string;
}

/** What an entry of a manifest is made of. */
export type Field = "video" | "score" | "id" | "dataset" | "scale" | "question" | "reply";

/** What our own lists call them. */
export const OUR_NAMES = {
  video: "video",
  score: "score",
  id: "id",
  dataset: "dataset",
  scale: "scale",
  question: "question",
  reply: "reply",
};

export interface Row {
  readonly place: Place;
  readonly values: JsonObject;
  /** What the list calls each field that its kind has. */
  readonly names: Readonly<Partial<Record<Field, string>>>;
  /** Enters the entry as it is. */
  readonly passed: Pick<ManifestEntry, "fields" | "reply">;
}

/** @returns E_FORMAT: "file:line: expected …, found …". */
export function placeError(place: Place, expected: string, found: string): EngineError {
  const { file, line, key } = place;
  const at = line === undefined ? (key === undefined ? file : `${file}: ${key}`) : `${file}:${line}`;
  return new EngineError("E_FORMAT", `${at}: expected ${expected}, found ${found}`, {
    details: { ...place, expected, found },
  });
}

/** The texts and numbers of a row under keys that its kind does not know; what is neither is left out. */
export function otherFields(values: JsonObject, known: readonly string[]): Pick<ManifestEntry, "fields"> {
  const others = Object.entries(values).filter(
    (pair): pair is [string, string | number] =>
      !known.includes(pair[0]) && (typeof pair[1] === "string" || typeof pair[1] === "number"),
  );
  return others.length === 0 ? {} : { fields: Object.fromEntries(others) };
}
