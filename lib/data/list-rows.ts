/**
 * Files that list videos with scores → rows, by what the file holds and not by its name. What a value may be is the
 * manifest's to say.
 */
import { printable } from "../core/refuse.js";
import { OWN_TABLE, type Table } from "./columns.js";
import { csvList } from "./formats/csv.js";
import type { ListFormat } from "./formats/format.js";
import { jsonList } from "./formats/json.js";
import { jsonArray } from "./formats/json-array.js";
import { jsonLines } from "./formats/jsonl.js";
import { placeError, type Row } from "./list-row.js";
import { listText } from "./list-text.js";

/** The first that takes the bytes reads them. */
export const LIST_FORMATS: readonly ListFormat[] = [jsonLines, jsonArray, jsonList, csvList];

/**
 * @param table  What the user names in the file.
 * @throws {EngineError} E_FORMAT naming the file and the line or key, what was expected and what was found.
 */
export function listRows(
  bytes: Uint8Array,
  file: string,
  formats = LIST_FORMATS,
  table: Table = OWN_TABLE,
): Row[] {
  const looks = formats.map(({ look }) => look);
  const known = `${looks.slice(0, -1).join(", ")}, or ${looks.at(-1)}`;
  const format = formats.find(({ sniff }) => sniff(bytes));
  if (format !== undefined) {
    checkNamed(format, file, table);
    return format.rows(bytes, file, known, table);
  }
  const text = listText(bytes, file).trim();
  throw placeError({ file }, known, text === "" ? "an empty file" : printable(text));
}

/** What the user names must be there to be named. */
function checkNamed({ table, look }: ListFormat, file: string, { names, numbered, delimiter }: Table): void {
  if ((numbered || delimiter !== null) && table !== "cells")
    throw placeError({ file }, "cells with a separator, as the options columns and delimiter say", look);
  if (names !== null && table === undefined)
    throw placeError({ file }, "columns or keys, as the option columns says", look);
}
