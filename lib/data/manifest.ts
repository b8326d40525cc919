/** Lists of videos with opinion scores. Opens no video. */
import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { lostName, noSuchFile } from "../core/absent.js";
import { checkPath, optionError } from "../core/check.js";
import { decimalNumber } from "../core/decimal.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { printable, refuse, shown, systemReason } from "../core/refuse.js";
import { loneHalf } from "../core/whole-text.js";
import { columnsOption } from "./column-names.js";
import { tableOf } from "./columns.js";
import { commaHint } from "./decimal-comma.js";
import type { Labels, ManifestEntry, ReplyEntry } from "./entry.js";
import { finishEntries, type WrittenEntry } from "./finish.js";
import { type Field, OUR_NAMES, placeError, type Row } from "./list-row.js";
import { LIST_FORMATS, listRows } from "./list-rows.js";
import { parseScale, type Scale, scaleSchema } from "./scale.js";

/** How a list of videos is read. */
export interface ManifestOptions {
  /** The folder that videos are relative to; default: the list's own. */
  readonly videos?: string | undefined;
  /** Scores are multiplied by this, finite and above 0; default 1. */
  readonly labelScale?: number | undefined;
  /**
   * What the list calls its columns or keys: "video=File_name,score=MOS", also id, dataset and scale; or, for a table
   * without a header, their numbers from 1: "video=1,score=4". Only what is named is taken, but for video and score, which
   * keep their own names. Default: the names of docs/data.md.
   */
  readonly columns?: string | undefined;
  /** What separates the cells of a CSV: one character, or "tab"; default: a comma. */
  readonly delimiter?: string | undefined;
}

const MANIFEST_OPTIONS: Names<ManifestOptions> = {
  videos: true,
  labelScale: true,
  columns: true,
  delimiter: true,
};

/**
 * Reads a list of videos, whichever of the formats of docs/data.md it is written in: our JSONL or CSV with `video`,
 * `score` and, optionally, `id`, `dataset`, `scale`, or the public VQAThinker code's training JSONL, test JSON or
 * result CSV. Texts and numbers of other names come as `fields`.
 *
 * @throws {EngineError} E_FORMAT naming file:line or key, what was expected and what was found; E_OPTION for a folder
 *                       that is none, a factor that is not above 0, columns or a separator that are none.
 */
export async function readManifest(path: string, options: ManifestOptions = {}): Promise<ManifestEntry[]> {
  // Where scores are asked for, a row without one is refused.
  return (await readEntries(path, options, "scores")) as ManifestEntry[];
}

/** As readManifest; where `labels` asks for more than scores, an entry without one has null there. */
export async function readEntries(
  path: string,
  options: ManifestOptions,
  labels: Labels,
): Promise<ReplyEntry[]> {
  checkOptions(options, MANIFEST_OPTIONS);
  const { labelScale = 1, videos } = options;
  if (videos !== undefined) checkPath("videos", videos);
  const table = tableOf(options.columns, options.delimiter);
  const file = resolve(checkPath("path", path));
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EISDIR")
      return refuse(file, null, "expected a list of videos, found a folder", cause);
    const problem = cause.code === "ENOENT" ? noSuchFile(file) : systemReason(cause);
    return refuse(file, null, `expected a list of videos: ${problem}`, cause);
  });
  const folder = videos === undefined ? dirname(file) : await videoFolder(videos);
  const rows = listRows(bytes, file, LIST_FORMATS, table);
  if (rows.length === 0) throw placeError({ file }, `videos with ${labels}`, "none");
  return finishEntries(written(rows, labels), {
    folder,
    labelScale,
    sameId(id, place, earlier) {
      const { line, key } = (rows[earlier] as Row).place;
      const where = line === undefined ? `in ${key}` : `on line ${line}`;
      const { place: here } = rows[place] as Row;
      return placeError(here, "an id of its own (or another video)", `${printable(id)}, also ${where}`);
    },
  });
}

function* written(rows: readonly Row[], labels: Labels): Generator<WrittenEntry> {
  for (const row of rows) yield writtenEntry(row, labels);
}

async function videoFolder(dir: string): Promise<string> {
  const found = await stat(dir).catch(() => null);
  if (!found?.isDirectory()) throw optionError("videos", "a folder", dir, lostName(dir) ?? "");
  return resolve(dir);
}

function writtenEntry(row: Row, labels: Labels): WrittenEntry {
  const { place, values, names } = row;
  const value = (field: Field): unknown => {
    const name = names[field];
    return name === undefined ? undefined : values[name];
  };
  const refused = (field: Field, expected: string, hint = "") =>
    placeError(
      place,
      expected.replace("%", () => shown(names[field])),
      `${foundIn(row, value(field))}${hint}`,
    );
  const [video, score, id, dataset] = [value("video"), value("score"), value("id"), value("dataset")];
  // A path with a zero byte is none to any system.
  if (typeof video !== "string" || video === "" || video.includes("\0")) throw refused("video", "a text %");
  const number = typeof score === "string" ? decimalNumber(score) : score;
  const isNumber = typeof number === "number" && Number.isFinite(number);
  // A reply that is no number is no score; a score that is none is a mistake.
  const isUnscored =
    (labels === "replies" && (score === undefined || row.passed.reply !== undefined)) ||
    (labels === "labels" && (score === undefined || score === ""));
  if (!isNumber && !isUnscored) throw refused("score", "a number %", commaHint(score));
  if (id !== undefined && typeof id !== "string" && typeof id !== "number") throw refused("id", "a text %");
  if (dataset !== undefined && typeof dataset !== "string") throw refused("dataset", "a text %");
  const scale = scaleOf(value("scale"));
  if (scale === null) throw refused("scale", 'a % such as {"min": 1, "max": 5} or "1..5"');
  const [question, reply] = [value("question"), value("reply")];
  if (question !== undefined && typeof question !== "string") throw refused("question", "a text %");
  if (reply !== undefined && typeof reply !== "string") throw refused("reply", "a text %");
  for (const [field, text = ""] of Object.entries({ question, reply: reply ?? row.passed.reply })) {
    const half = loneHalf(text);
    if (half !== null)
      throw placeError(place, `whole characters in ${field}`, `half of one, ${printable(half)}`);
  }
  return {
    id: id === undefined ? undefined : String(id),
    video,
    name: video,
    score: isNumber ? number : null,
    ...(isNumber && typeof score === "string" ? { scoreText: score } : {}),
    ...(dataset === undefined ? {} : { dataset }),
    ...(scale === undefined ? {} : { scale }),
    ...(question === undefined ? {} : { question }),
    ...(reply === undefined ? {} : { reply }),
    ...row.passed,
  };
}

function scaleOf(value: unknown): Scale | null | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? parseScale(value) : (scaleSchema.safeParse(value).data ?? null);
}

/** The value; where there is none, the names of what the row has instead. */
function foundIn({ values, names }: Row, value: unknown): string {
  const others = Object.keys(values).filter((name) => !Object.values(names).includes(name));
  if (value !== undefined || others.length === 0) return shown(value);
  const remedy = names === OUR_NAMES ? `: ${columnsOption(Object.keys(values))} says other names` : "";
  return `none, but ${printable(others.join(", "))}${remedy}`;
}
