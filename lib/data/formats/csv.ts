/** Tables of text: our own list, the result of the public VQAThinker code, or columns that the user names. */
import { CsvError, parse } from "csv-parse/sync";
import { printable } from "../../core/refuse.js";
import { columnName, isSeparator } from "../columns.js";
import { pointed } from "../decimal-comma.js";
import { otherFields, placeError, type Row } from "../list-row.js";
import { listText } from "../list-text.js";
import { CSV_LOOK, headerNames, RESULT_NAMES } from "./csv-header.js";
import { type ListFormat, roughText } from "./format.js";

const PREDICTION = "pred_score";

/** Takes all that does not open as JSON does: formats that know their own bytes come before it. */
export const csvList: ListFormat = {
  look: CSV_LOOK,
  table: "cells",

  sniff(bytes) {
    return /^[^{[]/.test(roughText(bytes));
  },

  rows(bytes, file, known, { names: named, numbered, delimiter: asked }) {
    const text = listText(bytes, file);
    // Spreadsheet programs write the separator into a first line of its own.
    const own = /^sep=(.)\r?\n/i.exec(text);
    const declared = isSeparator(own?.[1] ?? "") ? own?.[1] : undefined;
    if (declared !== undefined && asked !== null && asked !== declared)
      throw placeError(
        { file, line: 1 },
        `the separator that was named, ${printable(asked)}`,
        printable(text.slice(0, 5)),
      );
    const delimiter = asked ?? declared ?? ",";
    let names: Row["names"] = named ?? {};
    const header = (cells: string[]) => {
      const place = { file, line: declared === undefined ? 1 : 2 };
      const [line = "", next = ""] = text.split(/\r?\n/, place.line + 1).slice(place.line - 1);
      names = headerNames(cells, named, { place, known, text: line, next, delimiter });
      return cells;
    };
    try {
      const records = parse(text, {
        delimiter,
        trim: true,
        info: true,
        skip_empty_lines: true,
        from_line: declared === undefined ? 1 : 2,
        columns: numbered ? false : header,
      }) as unknown as { info: { lines: number }; record: Record<string, string> | string[] }[];
      const rows = records.map(({ info, record }) => toRow(record, { file, line: info.lines }, names));
      return delimiter === "," ? rows : pointed(rows);
    } catch (error) {
      throw error instanceof CsvError ? csvError(error, file, delimiter) : error;
    }
  },
};

/** An empty cell is none. A result's prediction is known and left alone. */
function toRow(
  record: Readonly<Record<string, string>> | readonly string[],
  place: Row["place"],
  names: Row["names"],
): Row {
  const cells = Array.isArray(record)
    ? record.map((value: string, i) => [columnName(i + 1), value] as const)
    : Object.entries(record);
  const values = Object.fromEntries(cells.filter(([, value]) => value !== ""));
  const known = Object.values(names);
  if (names === RESULT_NAMES) known.push(PREDICTION);
  return { place, values, names, passed: otherFields(values, known) };
}

function csvError(error: CsvError, file: string, delimiter: string): Error {
  const place = { file, line: Number(error["lines"] ?? 1) };
  const record: unknown = error["record"];
  if (!error.code.startsWith("CSV_RECORD_INCONSISTENT") || !Array.isArray(record))
    return placeError(place, "a CSV line like the header", printable(error.message));
  const named = delimiter === "\t" ? "a tab" : `"${printable(delimiter)}"`;
  const found = `${record.length} cells: one that holds ${named} itself stands in double quotes`;
  return placeError(place, "a CSV line like the header", found);
}
