/** Lines for a person: one that renews itself on a terminal, one every so often elsewhere. Knows nothing of what they say. */

/** Is told how many of how many are done. */
export type Progress = (done: number, count: number) => void;

export class Screen {
  readonly #out: NodeJS.WriteStream;
  #renewing = false;
  #spoke = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** A line that stays. */
  say(line = ""): void {
    this.#close();
    this.#out.write(`${line}\n`);
  }

  /** A line that the next one replaces; without a terminal, at most one every five seconds and the last. */
  renew(line: string, last: boolean): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\u001b[K${line.slice(0, Math.max(20, this.#out.columns - 1))}`);
      this.#renewing = true;
      if (last) this.#close();
      return;
    }
    const now = performance.now();
    if (!last && now - this.#spoke < 5000) return;
    this.#spoke = now;
    this.#out.write(`${line}\n`);
  }

  /** Progress of `what`, for callbacks that count. */
  counter(what: string): Progress {
    return (done, count) => this.renew(`${what} ${done}/${count}`, done === count);
  }

  #close(): void {
    if (this.#renewing) this.#out.write("\n");
    this.#renewing = false;
  }
}
