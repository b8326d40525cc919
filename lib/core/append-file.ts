/** A file that grows by whole texts: what a full disk lets in half is taken out again, and tried again with the next. */
import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";

export class AppendFile {
  readonly file: string;
  readonly #descriptor: number;
  #end: number;
  #waiting = "";

  /** @param end  bytes of the file that stay; what is behind them goes. The file is made where there is none. */
  constructor(file: string, end: number) {
    this.file = file;
    this.#descriptor = openSync(file, end === 0 ? "w" : "r+");
    this.#end = end;
    ftruncateSync(this.#descriptor, end);
  }

  /** On the disk when this returns. @returns why it could not be, or null: it then waits for the next call. */
  append(text: string): Error | null {
    this.#waiting += text;
    const bytes = new TextEncoder().encode(this.#waiting);
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#end + done);
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#end);
      return error as Error;
    }
    this.#end += bytes.length;
    this.#waiting = "";
    return null;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
