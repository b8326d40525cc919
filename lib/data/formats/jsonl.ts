/** One JSON object a line: our own list, or the public VQAThinker code's training list. The first line tells which. */

import { isJsonObject } from "../../core/json.js";
import { parseJsonLines } from "../../core/jsonl.js";
import { shown } from "../../core/refuse.js";
import { placeError } from "../list-row.js";
import { listText } from "../list-text.js";
import { isTrainingLine, trainingRows } from "../training-list.js";
import { type ListFormat, roughText } from "./format.js";
import { isScoreMap, jsonList, noListError } from "./json.js";
import { keyedRow } from "./keyed-row.js";

export const jsonLines: ListFormat = {
  look: `JSONL with "video" and "score" or with "image" and "conversations" on each line`,

  table: "keys",

  sniff(bytes) {
    return roughText(bytes).startsWith("{") && !jsonList.sniff(bytes);
  },

  rows(bytes, file, known, { names }) {
    const lines = parseJsonLines(listText(bytes, file), file).map(({ value, line }) => {
      if (!isJsonObject(value)) throw placeError({ file, line }, "a JSON object", shown(value));
      return { place: { file, line }, values: value };
    });
    const [only, ...more] = lines;
    if (only !== undefined && more.length === 0 && isScoreMap(only.values))
      throw noListError(only.values, { file }, known);
    if (names === null && isTrainingLine(lines[0]?.values ?? {})) return trainingRows(lines);
    return lines.map(({ place, values }) => keyedRow(values, place, names));
  },
};
