/** What other lists call their columns, and how a message says it back. Decides nothing: a user names the columns. */
import { decimalNumber } from "../core/decimal.js";
import { listed, printable } from "../core/refuse.js";

/** In small letters and without marks between the words. */
const VIDEO =
  /^(?:videos?|(?:video)?(?:files?|names?|paths?|list)|file(?:name|path)s?|video(?:file|name)s?|clips?|images?(?:id|name|path)?)$/;
const SCORE =
  /^(?:scores?|labels?|ratings?|.*mos|mos.*|(?:gt|video|quality|mean|opinion|subjective)+scores?)$/;
/** A longer name would be cut in a message, and so be none. */
const LONGEST_NAME = 60;

/** The option that says these names, a gap where none or several of them could be meant. */
export function columnsOption(names: readonly string[]): string {
  const pick = (pattern: RegExp): string => {
    const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
    const [name = "…", ...more] = names.filter((one) => pattern.test(plain(one)));
    return more.length > 0 || name.length > LONGEST_NAME ? "…" : printable(name);
  };
  const columns = `video=${pick(VIDEO)},score=${pick(SCORE)}`;
  return `--columns ${/[^\w.=,…-]/u.test(columns) ? `"${columns}"` : columns}`;
}

/** Whether a cell is a number; also one with a decimal comma. */
export function isNumber(cell: string): boolean {
  return decimalNumber(cell.replace(",", ".")) !== null;
}

/**
 * How the columns of a table without a header are named by number: a gap, and every cell with its number, where more
 * than one of them may hold the video or the score.
 */
export function numberedOption(cells: readonly string[]): string {
  const only = (fits: (cell: string) => boolean): string => {
    const [first, ...more] = cells.flatMap((cell, i) => (fits(cell) ? [`${i + 1}`] : []));
    return first === undefined || more.length > 0 ? "…" : first;
  };
  const [video, score] = [only((cell) => !isNumber(cell)), only(isNumber)];
  const option = `--columns video=${video},score=${score} says them by number`;
  if (video !== "…" && score !== "…") return option;
  return `${option}, and they are ${listed(cells.map((cell, i) => `${i + 1}: ${cell}`))}`;
}
