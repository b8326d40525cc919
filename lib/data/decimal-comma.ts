/** Scores with a decimal comma, in tables whose cells another character separates. Reads no file. */
import type { Row } from "./list-row.js";

const WITH_COMMA = /^\s*[-+]?\d+(?:,(\d+))?\s*$/;

/**
 * Rows with a point in the place of the comma, where the whole column is written so: digits, a comma and digits, or
 * digits alone, and not always three behind the comma, which could be thousands. Otherwise the rows as they are, so that
 * the first such score is refused.
 */
export function pointed(rows: readonly Row[]): Row[] {
  const found = rows.map(({ values, names }) => WITH_COMMA.exec(String(values[names.score ?? ""])));
  const behind = found.flatMap((match) => match?.[1] ?? []);
  const clear = behind.some((digits) => digits.length !== 3);
  if (!clear || found.includes(null)) return [...rows];
  return rows.map((row) => {
    const name = row.names.score ?? "";
    return { ...row, values: { ...row.values, [name]: String(row.values[name]).replace(",", ".") } };
  });
}

/** What a refusal adds where a score has a comma; empty where it has none. */
export function commaHint(score: unknown): string {
  if (typeof score !== "string" || !/\d,\d/.test(score)) return "";
  const read =
    ": a decimal comma is read where another character separates the cells and every score is written so";
  return /^\s*[-+]?\d+,\d{3}\s*$/.test(score)
    ? `${read}, unless all have three digits behind it, which could be thousands: write a point`
    : read;
}
