/** Lists with a header: our own, or the result of the public VQAThinker code. */

import { CsvError, parse } from "csv-parse/sync";
import { printable } from "../../core/refuse.js";
import { decodeUtf8 } from "../../core/text-file.js";
import { OUR_NAMES, otherFields, placeError, type Row } from "../list-row.js";
import { type ListFormat, roughText } from "./format.js";

const RESULT_NAMES = { video: "filename", score: "gt_score" };
const PREDICTION = "pred_score";

/** Takes all that does not open as JSON does: formats that know their own bytes come before it. */
export const csvList: ListFormat = {
  look: "CSV with the header video,score or filename,pred_score,gt_score",

  sniff(bytes) {
    return /^[^{[]/.test(roughText(bytes));
  },

  rows(bytes, file, known) {
    const text = decodeUtf8(bytes, file);
    let names: Row["names"] = OUR_NAMES;
    try {
      const records = parse(text, {
        trim: true,
        info: true,
        skip_empty_lines: true,
        columns: (header: string[]) => {
          const found = [OUR_NAMES, RESULT_NAMES].find(
            ({ video, score }) => header.includes(video) && header.includes(score),
          );
          if (found === undefined) throw placeError({ file, line: 1 }, known, printable(header.join(",")));
          names = found;
          return header;
        },
      }) as unknown as { info: { lines: number }; record: Record<string, string> }[];
      return records.map(({ info, record }) => toRow(record, { file, line: info.lines }, names));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const line = Number(error["lines"] ?? 1);
      throw placeError({ file, line }, "a CSV line like the header", printable(error.message));
    }
  },
};

/** An empty cell is none. A result's prediction is known and left alone. */
function toRow(record: Readonly<Record<string, string>>, place: Row["place"], names: Row["names"]): Row {
  const values = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ""));
  const known = Object.values(names);
  if (names === RESULT_NAMES) known.push(PREDICTION);
  return { place, values, names, passed: otherFields(values, known) };
}
