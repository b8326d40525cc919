/** Named checks one after the other, each with its seconds. A slow one is no failed one. */

/** What a check found wrong; its message is all that is printed. */
export class Failed extends Error {}

export class Checks {
  readonly #print: (line: string) => void;
  #passed = 0;
  #skipped = 0;
  readonly #failed: string[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /**
   * One check; what it throws is told and counted, and the next one goes on.
   *
   * @returns what it gave, or null when it failed.
   */
  async check<T>(name: string, body: () => T | Promise<T>): Promise<T | null> {
    const begun = performance.now();
    const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s`;
    try {
      const value = await body();
      this.#passed++;
      this.#print(`ok     ${seconds()}  ${name}`);
      return value;
    } catch (error) {
      this.#failed.push(name);
      const why = error instanceof Failed ? error.message : String((error as Error)?.stack ?? error);
      this.#print(`FAILED ${seconds()}  ${name}\n${why.replace(/^/gm, "    ")}`);
      return null;
    }
  }

  /** A check that cannot be made here. */
  skip(name: string, why: string): void {
    this.#skipped++;
    this.#print(`skipped          ${name}: ${why}`);
  }

  /** The last line, as npm test has it, and the exit code. */
  end(): number {
    this.#print(`${this.#passed} passed, ${this.#failed.length} failed, ${this.#skipped} skipped`);
    for (const name of this.#failed) this.#print(`failed: ${name}`);
    return this.#failed.length === 0 ? 0 : 1;
  }
}

/** @throws {Failed} with both, when they differ. */
export function same(found: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Failed(`${what}: expected ${b}, found ${a}`);
}

/** @throws {Failed} with the text, when it lacks what is looked for. */
export function holds(text: string, expected: RegExp, what: string): void {
  if (!expected.test(text)) throw new Failed(`${what}: expected ${expected}, found ${text}`);
}
