/** Rows of a bench: printed as they come, appended to a file, and read from it when the bench is called again. */
import { existsSync } from "node:fs";
import { appendJsonLines, jsonLines, readJsonLines } from "../lib/core/jsonl.js";

export class KeptRows<R extends object> {
  readonly #file: string | undefined;
  readonly #rows: R[];

  private constructor(file: string | undefined, rows: R[]) {
    this.#file = file;
    this.#rows = rows;
  }

  /** @param file  absent: none is kept. @throws {EngineError} E_FORMAT for a file that holds no rows. */
  static async of<R extends object>(file: string | undefined): Promise<KeptRows<R>> {
    const known = file === undefined || !existsSync(file) ? [] : await readJsonLines(file);
    return new KeptRows(
      file,
      known.map(({ value }) => value as R),
    );
  }

  get rows(): readonly R[] {
    return this.#rows;
  }

  add(row: R): void {
    this.#rows.push(row);
    process.stdout.write(jsonLines([row]));
    if (this.#file !== undefined) appendJsonLines(this.#file, [row]);
  }
}
