/** Lists of videos with opinion scores, JSONL or CSV. Opens no video. */
import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { EngineError } from "../core/errors.js";
import { parseJsonLines } from "../core/jsonl.js";
import { parseScale, type Scale, scaleSchema } from "./scale.js";

export interface ManifestEntry {
  /** Unique in the manifest; the video as written where no id is given. */
  readonly id: string;
  /** Absolute path. */
  readonly video: string;
  readonly score: number;
  readonly dataset?: string;
  /** The scale that the score is on, when the line says it. */
  readonly scale?: Scale;
}

interface Row {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

const FIELDS = ["video", "score", "id", "dataset", "scale"];

/**
 * Reads `video`, `score` and, optionally, `id`, `dataset`, `scale` of each line. Videos are relative to the
 * manifest. `scale` is {"min": 1, "max": 5} or text such as "1..5" or "0-100". Other fields are left alone.
 *
 * @throws {EngineError} E_FORMAT naming file:line, what was expected and what was found.
 */
export async function readManifest(path: string): Promise<ManifestEntry[]> {
  const file = resolve(path);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new EngineError(
      "E_FORMAT",
      `${file}: expected a JSONL or CSV manifest, found ${(cause as Error).message}`,
      { details: { file }, cause },
    );
  }
  const rows = extname(file).toLowerCase() === ".csv" ? csvRows(text, file) : jsonRows(text, file);
  if (rows.length === 0)
    throw new EngineError("E_FORMAT", `${file}: expected lines with video and score, found none`, {
      details: { file },
    });
  const lineOfId = new Map<string, number>();
  return rows.map((row) => {
    const entry = toEntry(row, file);
    const earlier = lineOfId.get(entry.id);
    if (earlier !== undefined)
      throw lineError(
        file,
        row.line,
        "an id of its own (or another video)",
        `${entry.id}, also on line ${earlier}`,
      );
    lineOfId.set(entry.id, row.line);
    return entry;
  });
}

function jsonRows(text: string, file: string): Row[] {
  return parseJsonLines(text, file).map(({ value, line }) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw lineError(file, line, "a JSON object", JSON.stringify(value));
    return { line, fields: value as Record<string, unknown> };
  });
}

function csvRows(text: string, file: string): Row[] {
  let header: string[] = [];
  try {
    const records = parseCsv(text, {
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      columns: (names: string[]) => {
        header = names;
        return names;
      },
    }) as unknown as { info: { lines: number }; record: Record<string, string> }[];
    const missing = ["video", "score"].filter((name) => !header.includes(name));
    if (missing.length > 0)
      throw lineError(file, 1, `a header with ${missing.join(" and ")}`, header.join(","));
    return records.map(({ info, record }) => ({
      line: info.lines,
      fields: Object.fromEntries(Object.entries(record).filter(([, value]) => value !== "")),
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw lineError(file, Number(error["lines"] ?? 1), "a CSV line like the header", error.message);
  }
}

function toEntry({ line, fields }: Row, file: string): ManifestEntry {
  const { video, score, id, dataset, scale } = fields;
  if (typeof video !== "string" || video === "")
    throw lineError(file, line, `a text "video"`, shown(fields, video));
  const value = typeof score === "string" && score.trim() !== "" ? Number(score) : score;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw lineError(file, line, `a number "score"`, shown(fields, score));
  if (id !== undefined && typeof id !== "string" && typeof id !== "number")
    throw lineError(file, line, `a text "id"`, shown(fields, id));
  if (dataset !== undefined && typeof dataset !== "string")
    throw lineError(file, line, `a text "dataset"`, shown(fields, dataset));
  const ends =
    scale === undefined
      ? undefined
      : typeof scale === "string"
        ? parseScale(scale)
        : (scaleSchema.safeParse(scale).data ?? null);
  if (ends === null)
    throw lineError(file, line, `a "scale" such as {"min": 1, "max": 5} or "1..5"`, shown(fields, scale));
  return {
    id: String(id ?? video),
    video: resolve(dirname(file), video),
    score: value,
    ...(dataset === undefined ? {} : { dataset }),
    ...(ends === undefined ? {} : { scale: ends }),
  };
}

function shown(fields: Readonly<Record<string, unknown>>, value: unknown): string {
  if (value !== undefined) return JSON.stringify(value);
  const others = Object.keys(fields).filter((name) => !FIELDS.includes(name));
  return others.length === 0 ? "none" : `none, but ${others.join(", ")}`;
}

function lineError(file: string, line: number, expected: string, found: string): EngineError {
  return new EngineError("E_FORMAT", `${file}:${line}: expected ${expected}, found ${found}`, {
    details: { file, line, expected, found },
  });
}
