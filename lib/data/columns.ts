/** What a user says of a table's columns and of what separates its cells. Knows no file. */
import { optionError } from "../core/check.js";
import { OUR_NAMES, type Row } from "./list-row.js";

/** How the cells of a list are found. */
export interface Table {
  /** Names of the columns or keys, in place of our own; null where the list's own names are looked for. */
  readonly names: Row["names"] | null;
  /** The columns are numbered, and there is no header. */
  readonly numbered: boolean;
  /** What separates cells; null where nobody said. */
  readonly delimiter: string | null;
}

export const OWN_TABLE: Table = { names: null, numbered: false, delimiter: null };

const FIELDS = Object.keys(OUR_NAMES) as (keyof typeof OUR_NAMES)[];
const NEXT_FIELD = new RegExp(`,\\s*(?=(?:${FIELDS.join("|")})\\s*=)`);
const EXAMPLE = "text such as video=File_name,score=MOS or, without a header, video=1,score=2";

/** What may separate cells: no letter, digit or mark that numbers and names are made of. */
const SEPARATOR = /^(?:\t|[^\p{L}\p{N}\p{M}\p{C}\s"'.+\-_])$/u;

/** @throws {EngineError} E_OPTION for texts that name no columns or no separator. */
export function tableOf(columns: string | undefined, delimiter: string | undefined): Table {
  return {
    ...(columns === undefined ? { names: null, numbered: false } : parseColumns(columns)),
    delimiter: delimiter === undefined ? null : parseDelimiter(delimiter),
  };
}

/** The name under which a numbered column goes, from 1. */
export function columnName(number: number | string): string {
  return `column ${number}`;
}

export function isSeparator(character: string): boolean {
  return SEPARATOR.test(character);
}

function parseDelimiter(text: string): string {
  const separator = text === "tab" || text === "\\t" ? "\t" : text;
  if (isSeparator(separator)) return separator;
  const expected =
    'one character that separates cells: tab, or a mark such as ";" or "|", no blank, letter, digit or mark of numbers (. + - _)';
  throw optionError("delimiter", expected, text, /^ +$/.test(text) ? 'tr -s " " , < FILE writes commas' : "");
}

function parseColumns(text: string): Pick<Table, "names" | "numbered"> {
  const named = new Map<string, string>();
  for (const part of text.split(NEXT_FIELD)) {
    const [, field = "", name = ""] = /^\s*(\w+)\s*=\s*(.*\S)\s*$/s.exec(part) ?? [];
    if (!FIELDS.some((known) => known === field) || /,\s*\w+\s*=/.test(name)) {
      const hint = `the fields are ${FIELDS.join(", ")}`;
      throw optionError("columns", EXAMPLE, text, hint);
    }
    if (named.has(field)) throw optionError("columns", "each field once", text);
    named.set(field, name);
  }
  const numbers = [...named.values()].filter((name) => /^[1-9]\d*$/.test(name)).length;
  if (numbers === 0) return { names: { ...REQUIRED, ...Object.fromEntries(named) }, numbered: false };
  if (numbers < named.size) throw optionError("columns", "names or numbers, not both", text);
  if (!named.has("video") || !named.has("score"))
    throw optionError("columns", "numbers of video and score", text);
  const names = Object.fromEntries([...named].map(([field, number]) => [field, columnName(number)]));
  return { names, numbered: true };
}

const REQUIRED = { video: OUR_NAMES.video, score: OUR_NAMES.score };
