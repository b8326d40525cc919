/**
 * Files that list videos with scores → rows, by what the file holds and not by its name. Knows the formats'
 * spelling; what a value may be is the manifest's to say.
 *
 * Besides our own JSONL and CSV, the files of the public VQAThinker code: its training JSONL, test JSON and result CSV.
 */
import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { isJsonObject, type JsonObject, parseJsonObject } from "../core/json.js";
import { parseJsonLines } from "../core/jsonl.js";
import { decodeUtf8 } from "../core/text-file.js";
import { cut, placeError, type Row, shown } from "./list-row.js";
import { isTrainingLine, trainingRows } from "./training-list.js";

const OURS = { video: "video", score: "score", id: "id", dataset: "dataset", scale: "scale" };
const TEST_JSON = { video: "image_id", score: "score" };
const RESULT_CSV = { video: "filename", score: "gt_score" };

const KNOWN =
  `JSONL with "video" and "score" or with "image" and "conversations" on each line, JSON with "annotations", ` +
  `or CSV with the header video,score or filename,pred_score,gt_score`;

/** @throws {EngineError} E_FORMAT naming the file and the line or key, what was expected and what was found. */
export function listRows(bytes: Uint8Array, file: string): Row[] {
  const text = decodeUtf8(bytes, file);
  const content = text.trim();
  if (content === "") throw placeError({ file }, KNOWN, "an empty file");
  if (content.startsWith("[")) throw placeError({ file }, KNOWN, cut(content));
  if (!content.startsWith("{")) return csvRows(text, file);
  const whole = wholeObject(content);
  if (whole === null ? /^\{\s*"annotations"\s*:/.test(content) : "annotations" in whole)
    return testRows(parseJsonObject(bytes, file), file);
  if (whole !== null && content.includes("\n"))
    throw placeError(
      { file },
      KNOWN,
      `one JSON object with ${cut(Object.keys(whole).join(", ")) || "no key"}`,
    );
  return lineRows(text, file);
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

/** The first line tells which kind of list it is. */
function lineRows(text: string, file: string): Row[] {
  const lines = parseJsonLines(text, file).map(({ value, line }) => {
    if (!isJsonObject(value)) throw placeError({ file, line }, "a JSON object", shown(value));
    return { place: { file, line }, values: value };
  });
  if (isTrainingLine(lines[0]?.values ?? {})) return trainingRows(lines);
  return lines.map((line) => ({ ...line, names: OURS }));
}

function testRows({ annotations }: JsonObject, file: string): Row[] {
  if (!Array.isArray(annotations))
    throw placeError({ file, key: "annotations" }, "a list", shown(annotations));
  return annotations.map((values: unknown, i) => {
    const place = { file, key: `annotations[${i}]` };
    if (!isJsonObject(values)) throw placeError(place, "a JSON object", shown(values));
    const kind = values["ann_type"];
    if (kind !== "score") throw placeError(place, `the "ann_type" "score"`, shown(kind));
    return { place, values, names: TEST_JSON };
  });
}

function csvRows(text: string, file: string): Row[] {
  let names: Row["names"] = OURS;
  try {
    const records = parseCsv(text, {
      trim: true,
      info: true,
      skip_empty_lines: true,
      columns: (header: string[]) => {
        names = csvNames(header, file);
        return header;
      },
    }) as unknown as { info: { lines: number }; record: Record<string, string> }[];
    return records.map(({ info, record }) => ({
      place: { file, line: info.lines },
      values: Object.fromEntries(Object.entries(record).filter(([, value]) => value !== "")),
      names,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error["lines"] ?? 1);
    throw placeError({ file, line }, "a CSV line like the header", error.message);
  }
}

function csvNames(header: readonly string[], file: string): Row["names"] {
  const found = [OURS, RESULT_CSV].find(
    ({ video, score }) => header.includes(video) && header.includes(score),
  );
  if (found === undefined) throw placeError({ file, line: 1 }, KNOWN, cut(header.join(",")));
  return found;
}
