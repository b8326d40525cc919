/** The text of a list, or what it is instead of UTF-8 and how it becomes that. Knows no format. */
import { isUtf8 } from "node:buffer";
import { noText } from "../core/disguise.js";
import { refuse } from "../core/refuse.js";
import { decodeUtf8 } from "../core/text-file.js";

/** @throws {EngineError} E_FORMAT for bytes that are not UTF-8, with the encoding where it shows and the remedy. */
export function listText(bytes: Uint8Array, file: string): string {
  if (isUtf16(bytes)) refuse(file, null, `expected UTF-8 text, found UTF-16: ${convert("UTF-16")}`);
  const table = tableProgram(bytes);
  if (table !== null)
    refuse(file, null, `expected UTF-8 text, found ${table}: save names and scores as CSV in UTF-8`);
  if (isUtf8(bytes) || noText(bytes) !== null) return decodeUtf8(bytes, file);
  const found = `bytes that are not, the first on line ${firstBadLine(bytes)}`;
  const remedy = `the program that wrote it knows its encoding (file -i FILE guesses it); ${convert("ENCODING")}, and a wrong one gives other names`;
  return refuse(file, null, `expected UTF-8 text, found ${found}: ${remedy}`);
}

function convert(encoding: string): string {
  return `iconv -f ${encoding} -t UTF-8 FILE > NEW writes it in UTF-8`;
}

/** Label files of other programs that are no text. */
function tableProgram(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 8)).toString("latin1");
  if (start.startsWith("MATLAB ")) return "a file of MATLAB, which is not read here";
  if (start.startsWith("PK\u0003\u0004")) return "a zip archive, as spreadsheets are (.xlsx, .ods)";
  return start === "\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1" ? "an old spreadsheet (.xls)" : null;
}

/** By its mark, or by the zero that every second byte of plain letters is. */
function isUtf16([first, second, third, fourth]: Uint8Array): boolean {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const zeros = [first, second, third, fourth].map((byte) => byte === 0);
  return fourth !== undefined && zeros[0] === zeros[2] && zeros[1] === zeros[3] && zeros[0] !== zeros[1];
}

/** From 1. No byte of a longer character is a line feed. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
  return line;
}
