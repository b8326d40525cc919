/** What a zod schema finds wrong with a value, in the words of this package's errors. Knows no schema but of numbers and paths. */
import { z } from "zod";
import { listed, printable, refuse, shown } from "./refuse.js";

/** Numbers of many schemas. */
export const count = z.int().min(1);
export const positive = z.number().positive();
export const fraction = z.number().min(0).max(1);
export const belowOne = z.number().min(0).lt(1);
/** An empty name is of nothing, and the working directory by accident. */
export const path = z.string().min(1);

/** So many wrong fields stand in a message; the count says how many more there are. */
const TOLD = 8;

/** The kinds of values as a person calls them; another one keeps its name. */
const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};
/** What texts and lists are counted in. */
const UNITS: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};
/** Words for a limit: with it, and without it. */
const AT_LEAST = ["of at least", "above"] as const;
const AT_MOST = ["of at most", "below"] as const;

function kind(name: string): string {
  return KINDS[name] ?? name;
}

function bound(
  [within, beyond]: typeof AT_LEAST | typeof AT_MOST,
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  limit: number | bigint,
): string {
  const unit = UNITS[issue.origin]?.[Number(limit) === 1 ? 0 : 1];
  const words = `${kind(issue.origin)} ${issue.inclusive === false ? beyond : within} ${limit}`;
  return unit === undefined ? words : `${words} ${unit}`;
}

/** What was expected where this issue was found: `a number of at least 1`, `one of "a"|"b"`. */
export function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === Infinity || issue.input === -Infinity ? "a finite number" : kind(issue.expected);
    case "invalid_value": {
      const values = issue.values.map(shown).join("|");
      return issue.values.length === 1 ? values : `one of ${values}`;
    }
    case "too_small":
      return bound(AT_LEAST, issue, issue.minimum);
    case "too_big":
      return bound(AT_MOST, issue, issue.maximum);
    case "invalid_union": {
      const known = "options" in issue ? `one of ${issue.options.map(shown).join("|")}` : issue.message;
      return [...new Set(issue.errors.flat().map(expectedBy))].join(" or ") || known;
    }
    case "unrecognized_keys":
      return `no key ${listed(issue.keys.map((key) => JSON.stringify(key)))}`;
    default:
      return issue.message.replace(/^expected /, "");
  }
}

/**
 * The value of a file as the schema gives it.
 *
 * @throws {EngineError} E_FORMAT naming the file and the first fields that are wrong, each opening with its path.
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const problems = issues.slice(0, TOLD).map((issue) => {
    const found = issue.code === "unrecognized_keys" ? "" : `, found ${shown(issue.input)}`;
    return `${printable(issue.path.join(".")) || "the file"}: expected ${expectedBy(issue)}${found}`;
  });
  if (issues.length > TOLD) problems.push(`and ${issues.length - TOLD} more`);
  return refuse(file, null, problems.join("; "));
}
