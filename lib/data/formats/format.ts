/** What a format of lists is. A new one, text or binary, is a file beside this one and its name in ../list-rows.ts. */
import type { Row } from "../list-row.js";

export interface ListFormat {
  /** How its lists look, for the refusal of a file that is no list of any kind. */
  readonly look: string;
  /** Are these bytes for this format to read? Checks nothing more: what is wrong with them is for `rows` to say. */
  sniff(bytes: Uint8Array): boolean;
  /**
   * @param known  How lists of every kind look, for a file that is of this format and no list.
   * @throws {EngineError} E_FORMAT naming the file and the line or key, what was expected and what was found.
   */
  rows(bytes: Uint8Array, file: string, known: string): Row[];
}

/** What the bytes say if they are text, without the white space around it: enough to sniff at. */
export function roughText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim();
}
