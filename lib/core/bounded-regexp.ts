/** Regular expressions of others: one can take longer on a short text than anybody waits. */
import { runInNewContext } from "node:vm";

/** More than any expression takes that was meant for names. */
const MILLISECONDS = 1000;

/**
 * Which texts an expression matches; null when that takes too long.
 *
 * @throws {SyntaxError} for a text that is no expression.
 */
export function matching(
  source: string,
  texts: readonly string[],
  milliseconds = MILLISECONDS,
): boolean[] | null {
  new RegExp(source);
  try {
    const found = runInNewContext(
      "const pattern = new RegExp(source); texts.map((text) => pattern.test(text))",
      { source, texts },
      { timeout: milliseconds },
    );
    return Array.from(found as Iterable<boolean>);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
    throw error;
  }
}
