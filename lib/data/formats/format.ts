/** What a format of lists is. A new one, text or binary, is a file beside this one and its name in ../list-rows.ts. */
import type { Table } from "../columns.js";
import type { Row } from "../list-row.js";

export interface ListFormat {
  /** How its lists look, for the refusal of a file that is no list of any kind. */
  readonly look: string;
  /** What users may name in it: columns and what separates "cells", "keys" of objects, or nothing. */
  readonly table?: "cells" | "keys";
  /** Are these bytes for this format to read? Checks nothing more: what is wrong with them is for `rows` to say. */
  sniff(bytes: Uint8Array): boolean;
  /**
   * @param known  How lists of every kind look, for a file that is of this format and no list.
   * @param table  What the user names, as far as this format has such things.
   * @throws {EngineError} E_FORMAT naming the file and the line or key, what was expected and what was found.
   */
  rows(bytes: Uint8Array, file: string, known: string, table: Table): Row[];
}

/** What the bytes say if they are text, without the white space around it: enough to sniff at. */
export function roughText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim();
}
