/**
 * Files that list videos with scores → rows, by what the file holds and not by its name. What a value may be is the
 * manifest's to say.
 */
import { printable } from "../core/refuse.js";
import { decodeUtf8 } from "../core/text-file.js";
import { csvList } from "./formats/csv.js";
import type { ListFormat } from "./formats/format.js";
import { jsonList } from "./formats/json.js";
import { jsonLines } from "./formats/jsonl.js";
import { placeError, type Row } from "./list-row.js";

/** The first that takes the bytes reads them. */
export const LIST_FORMATS: readonly ListFormat[] = [jsonLines, jsonList, csvList];

/** @throws {EngineError} E_FORMAT naming the file and the line or key, what was expected and what was found. */
export function listRows(bytes: Uint8Array, file: string, formats = LIST_FORMATS): Row[] {
  const looks = formats.map(({ look }) => look);
  const known = `${looks.slice(0, -1).join(", ")}, or ${looks.at(-1)}`;
  const format = formats.find(({ sniff }) => sniff(bytes));
  if (format !== undefined) return format.rows(bytes, file, known);
  const text = decodeUtf8(bytes, file).trim();
  throw placeError({ file }, known, text === "" ? "an empty file" : printable(text));
}
