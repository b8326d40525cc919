/** Files that this package writes beside a list and that are none: their `score` is what a model said, and no label. */
import { optionError } from "../core/check.js";
import { type Place, placeError } from "./list-row.js";

/** What a row of these keys is one of; null when it may be a row of a list. */
export function ownResult(keys: Iterable<string>): { readonly what: string; readonly remedy: string } | null {
  const has = new Set(keys);
  if (has.has("vqathinkerJournal"))
    return { what: "a journal of results", remedy: "give the list that was scored" };
  if (has.has("srcc") && has.has("listed"))
    return { what: "the measures of an evaluation, without videos", remedy: "give the list that was scored" };
  if (!has.has("score") || !has.has("status")) return null;
  if (has.has("target")) {
    const remedy = "--columns score=target takes their labels, --columns score=score their scores";
    return { what: "predictions, whose score is what a model said", remedy };
  }
  if (!has.has("file") || has.has("video")) return null;
  return { what: "results of score, without labels", remedy: "give a list with labels" };
}

/** @throws {EngineError} E_FORMAT for a row of results. */
export function refuseResult(keys: Iterable<string>, place: Place): void {
  const own = ownResult(keys);
  if (own !== null) throw placeError(place, "videos with labels", `${own.what}: ${own.remedy}`);
}

/** Passes over what is no list of entries. @throws {EngineError} E_OPTION for entries that are an evaluation's predictions. */
export function refuseResults(option: string, entries: unknown): void {
  if (!Array.isArray(entries)) return;
  const place = entries.findIndex((entry) => ownResult(Object.keys(entry ?? {})) !== null);
  if (place < 0) return;
  const hint = "their score is what a model said, their target is the label";
  throw optionError(`${option}[${place}]`, "a video with its label as score", "a prediction", hint);
}
