/** Which columns of a table are a list's, and what is wrong with a header that has none. Knows no rows. */
import { printable } from "../../core/refuse.js";
import { columnsOption, isNumber, numberedOption } from "../column-names.js";
import { OUR_NAMES, type Place, placeError, type Row } from "../list-row.js";
import { refuseResult } from "../own-results.js";

export const RESULT_NAMES = { video: "filename", score: "gt_score" };
export const CSV_LOOK = "CSV with the header video,score or filename,pred_score,gt_score";

const SEPARATORS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** A header as it stands in its file. */
interface HeaderLine {
  readonly place: Place;
  /** How the lists look that are known. */
  readonly known: string;
  readonly text: string;
  /** The line after it. */
  readonly next: string;
  /** What separates cells. */
  readonly delimiter: string;
}

/**
 * The names of the header's columns as a list has them.
 *
 * @param named  what the user calls them; null to look for our own and the released ones.
 * @throws {EngineError} E_FORMAT naming what is there instead and how to say what it is.
 */
export function headerNames(
  header: readonly string[],
  named: Row["names"] | null,
  line: HeaderLine,
): Row["names"] {
  const { place } = line;
  const names =
    named ??
    [OUR_NAMES, RESULT_NAMES].find(
      (one: Row["names"]) =>
        header.includes(one.video ?? "") && [one.score, one.reply].some((name = "") => header.includes(name)),
    );
  if (names === undefined) throw headerError(header, line);
  if (named === null) refuseResult(header, place);
  for (const [field, name] of Object.entries(names)) {
    const found = header.filter((other) => other === name).length;
    if (found > 1) throw placeError(place, "each column once", `${printable(name)} ${found} times`);
    // Beside replies there may be no scores; who needs them refuses the rows.
    if (found === 0 && named !== null && !(field === "score" && named.reply !== undefined)) {
      const otherwise = separatorError(header, line);
      throw otherwise ?? placeError(place, `the column ${printable(name)}`, others(header, name));
    }
  }
  return names;
}

function others(header: readonly string[], name: string): string {
  const near = header.filter((other) => other.toLowerCase() === name.toLowerCase());
  return `${printable(header.join(", "))}${near.length === 1 ? `: small letters are others, say ${printable(near[0] ?? "")}` : ""}`;
}

function headerError(header: readonly string[], line: HeaderLine): Error {
  const { place, known, text, delimiter } = line;
  const otherwise = separatorError(header, line);
  if (otherwise !== null) return otherwise;
  if (header.length < 2) return placeError(place, known, printable(header.join(delimiter)));
  if (header.some(isNumber)) {
    const remedy = numberedOption(header);
    const values = remedy.includes("…")
      ? "no header but values;"
      : `no header but values, ${printable(text)}:`;
    return placeError(place, "a header", `${values} ${remedy}`);
  }
  const remedy = `${columnsOption(header)} says them`;
  return placeError(place, `a ${CSV_LOOK}`, `${printable(header.join(","))}: ${remedy}`);
}

/** For a line that falls into more cells by another separator; null for any other. */
function separatorError(
  header: readonly string[],
  { place, text, next, delimiter }: HeaderLine,
): Error | null {
  const expected = `cells separated by ${SEPARATORS[delimiter] ?? printable(delimiter)}`;
  for (const [separator, called] of Object.entries(SEPARATORS)) {
    const cells = cellsOf(text, separator);
    // A comma may stand inside numbers and names, the others hardly.
    const fewest = separator === "," ? header.length + 1 : Math.max(2, header.length);
    if (separator === delimiter || cells.length < fewest) continue;
    const option = `--delimiter ${separator === "\t" ? "tab" : `"${separator}"`}`;
    return placeError(place, expected, `${called} in ${printable(text)}: ${option}${columnsAlso(cells)}`);
  }
  if (header.length > 1 || !hasBlankCells(text, next)) return null;
  return placeError(place, expected, `blanks in ${printable(text)}: tr -s " " , < FILE writes commas`);
}

/** Blanks stand in names and sentences, too: beside numbers, or above as many words with a number, they separate cells. */
function hasBlankCells(text: string, next: string): boolean {
  const [words, below] = [text, next].map((line) => line.trim().split(/\s+/)) as [string[], string[]];
  if (words.length < 2) return false;
  return words.some(isNumber) || (below.length === words.length && below.some(isNumber));
}

/** For a table whose separator is wrong, too. */
function columnsAlso(cells: readonly string[]): string {
  // A header has no number.
  if (cells.some(isNumber)) return `; without a header ${numberedOption(cells)}`;
  const ours = cells.includes(OUR_NAMES.video) && cells.includes(OUR_NAMES.score);
  return ours ? "" : `, and for the columns ${columnsOption(cells)}`;
}

function cellsOf(line: string, separator: string): string[] {
  return line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/s, "$1"));
}
