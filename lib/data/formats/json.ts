/** The test list of the public VQAThinker code: one JSON object with "annotations". */

import { isJsonObject, type JsonObject, parseJsonObject } from "../../core/json.js";
import { printable, shown } from "../../core/refuse.js";
import { otherFields, placeError, type Row } from "../list-row.js";
import { listText } from "../list-text.js";
import { type ListFormat, roughText } from "./format.js";

const NAMES = { video: "image_id", score: "score" };
const KIND = "ann_type";
const KNOWN_KEYS = [...Object.values(NAMES), KIND];

/** One object in several lines is for no other format to read, whatever it holds. */
export const jsonList: ListFormat = {
  look: `JSON with "annotations"`,

  sniff(bytes) {
    const text = roughText(bytes);
    if (!text.startsWith("{")) return false;
    const whole = wholeObject(text);
    if (whole === null) return /^\{\s*"annotations"\s*:/.test(text);
    return "annotations" in whole || text.includes("\n");
  },

  rows(bytes, file, known) {
    const whole = wholeObject(listText(bytes, file).trim());
    if (whole !== null && !("annotations" in whole)) throw noListError(whole, { file }, known);
    const { annotations } = parseJsonObject(bytes, file);
    if (!Array.isArray(annotations))
      throw placeError({ file, key: "annotations" }, "a list", shown(annotations));
    return annotations.map((values: unknown, i) => annotationRow(values, { file, key: `annotations[${i}]` }));
  },
};

/** For an object that is no list, as a whole or in its only line. */
export function noListError(whole: JsonObject, place: Row["place"], known: string): Error {
  const keys = printable(Object.keys(whole).join(", ")) || "no key";
  const remedy = isScoreMap(whole) ? `: a list has one object a video, {"video": NAME, "score": NUMBER}` : "";
  return placeError(place, known, `one JSON object with ${keys}${remedy}`);
}

/** Scores under the names of their videos. */
export function isScoreMap(whole: JsonObject): boolean {
  const values = Object.values(whole);
  return !("video" in whole) && values.length > 0 && values.every((value) => typeof value === "number");
}

/** The object that a text is as a whole; null for several lines of JSON and for anything broken. */
function wholeObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function annotationRow(values: unknown, place: Row["place"]): Row {
  if (!isJsonObject(values)) throw placeError(place, "a JSON object", shown(values));
  const kind = values[KIND];
  if (kind !== "score") throw placeError(place, `the "${KIND}" "score"`, shown(kind));
  return { place, values, names: NAMES, passed: otherFields(values, KNOWN_KEYS) };
}
