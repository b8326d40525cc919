/** One JSON list of objects with the keys of our own list, or with those that the user names. */
import { isJsonObject, parseJsonList } from "../../core/json.js";
import { shown } from "../../core/refuse.js";
import { placeError } from "../list-row.js";
import { listText } from "../list-text.js";
import { type ListFormat, roughText } from "./format.js";
import { keyedRow } from "./keyed-row.js";

export const jsonArray: ListFormat = {
  look: "a JSON list of such objects",
  table: "keys",

  sniff(bytes) {
    return roughText(bytes).startsWith("[");
  },

  rows(bytes, file, _known, { names }) {
    listText(bytes, file);
    return parseJsonList(bytes, file).map((values, i) => {
      const place = { file, key: `[${i}]` };
      if (!isJsonObject(values)) throw placeError(place, "a JSON object", shown(values));
      return keyedRow(values, place, names);
    });
  },
};
