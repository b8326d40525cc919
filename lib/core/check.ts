/** Option checks: a failure names the option, the wish and the value. Pure. */
import { EngineError } from "./errors.js";
import { listed, printable, shown } from "./refuse.js";

/** @throws {EngineError} E_OPTION, with the option's name, what was expected and what came. */
export function optionError(option: string, expected: string, found: unknown, hint = ""): EngineError {
  const came = shown(found);
  const message = `option ${option}: expected ${expected}, found ${came}${hint === "" ? "" : `; ${hint}`}`;
  return new EngineError("E_OPTION", message, { details: { option, expected, found: came } });
}

export function checkInteger(
  option: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw optionError(option, `an integer ${range(min, max)}`, value);
}

export function checkNumber(option: string, value: unknown, min = -Infinity, max = Infinity): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw optionError(option, `a number ${range(min, max)}`.trim(), value);
}

export function checkOneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === value);
  if (found !== undefined) return found;
  const near = typeof value === "string" ? nearestName(value, allowed) : null;
  const hint = near === null ? "" : `did you mean "${near}"?`;
  throw optionError(option, `one of ${allowed.join(", ")}`, value, hint);
}

export function checkFlag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw optionError(option, "true or false", value);
}

/** What is no text at all, or an empty one; another that names nothing is for those to refuse who look for it. */
export function checkPath(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  if (value === "") throw optionError(option, "a path, which is not empty", value);
  const hint = value instanceof URL ? "fileURLToPath of node:url makes a path of it" : "";
  throw optionError(option, "a path", value, hint);
}

/** A function of the user's own; what is none would be noticed when it is called first, hours later. */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") throw optionError(option, "a function", value);
}

/** As many names as a person reads in a message. */
const MOST_KNOWN = 40;

/** @param within  what the names stand in, such as "optimizer."; nothing at the top. */
export function unknownOption(key: string, known: readonly string[], within = ""): EngineError {
  const option = `${within}${printable(key)}`;
  const near = nearestName(key, known);
  const hint = near === null ? `known here: ${listed(known, MOST_KNOWN)}` : `did you mean ${within}${near}?`;
  return new EngineError("E_OPTION", `option ${option}: no such option; ${hint}`, {
    details: { option, nearest: near },
  });
}

/** The known name closest to a mistyped one, or null when none is close. */
export function nearestName(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function range(min: number, max: number): string {
  if (min === Number.MIN_VALUE)
    return max < Number.MAX_SAFE_INTEGER ? `above 0 and at most ${max}` : "above 0";
  if (max >= Number.MAX_SAFE_INTEGER) return min === -Infinity ? "" : `≥ ${min}`;
  return min === -Infinity ? `≤ ${max}` : `in [${min}, ${max}]`;
}
