/** One JSON object a line: our own list, or the public VQAThinker code's training list. The first line tells which. */

import { isJsonObject } from "../../core/json.js";
import { parseJsonLines } from "../../core/jsonl.js";
import { shown } from "../../core/refuse.js";
import { decodeUtf8 } from "../../core/text-file.js";
import { OUR_NAMES, otherFields, placeError } from "../list-row.js";
import { isTrainingLine, trainingRows } from "../training-list.js";
import { type ListFormat, roughText } from "./format.js";
import { jsonList } from "./json.js";

export const jsonLines: ListFormat = {
  look: `JSONL with "video" and "score" or with "image" and "conversations" on each line`,

  sniff(bytes) {
    return roughText(bytes).startsWith("{") && !jsonList.sniff(bytes);
  },

  rows(bytes, file) {
    const lines = parseJsonLines(decodeUtf8(bytes, file), file).map(({ value, line }) => {
      if (!isJsonObject(value)) throw placeError({ file, line }, "a JSON object", shown(value));
      return { place: { file, line }, values: value };
    });
    if (isTrainingLine(lines[0]?.values ?? {})) return trainingRows(lines);
    return lines.map(({ place, values }) => {
      const passed = otherFields(values, Object.values(OUR_NAMES));
      return { place, values, names: OUR_NAMES, passed };
    });
  },
};
