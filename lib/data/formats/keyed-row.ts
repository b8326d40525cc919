/** A JSON object as a row of our own list. */
import type { JsonObject } from "../../core/json.js";
import { OUR_NAMES, otherFields, type Place, type Row } from "../list-row.js";
import { refuseResult } from "../own-results.js";

/**
 * @param named  what the user calls the keys; null for our own names.
 * @throws {EngineError} E_FORMAT for results of this package, where the user does not name their keys.
 */
export function keyedRow(values: JsonObject, place: Place, named: Row["names"] | null): Row {
  if (named === null) refuseResult(Object.keys(values), place);
  const names = named ?? OUR_NAMES;
  return { place, values, names, passed: otherFields(values, Object.values(names)) };
}
