/** What a zod schema finds wrong with a value, in the words of this package's errors. Knows no schema but of numbers. */
import { z } from "zod";
import { listed, printable, refuse, shown } from "./refuse.js";

/** Numbers of many schemas. */
export const count = z.int().min(1);
export const positive = z.number().positive();
export const fraction = z.number().min(0).max(1);

/** So many wrong fields stand in a message; the count says how many more there are. */
const TOLD = 8;

/** Texts and lists have a length, numbers a value. */
function bound(origin: string, sign: string, inclusive: boolean | undefined, limit: number | bigint): string {
  const measured = origin === "string" || origin === "array" ? `${origin} of length` : origin;
  return `${measured} ${sign}${inclusive === false ? "" : "="}${limit}`;
}

/** What was expected where this issue was found: `number >=1`, `one of "a"|"b"`. */
export function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "invalid_value": {
      const values = issue.values.map(shown).join("|");
      return issue.values.length === 1 ? values : `one of ${values}`;
    }
    case "too_small":
      return bound(issue.origin, ">", issue.inclusive, issue.minimum);
    case "too_big":
      return bound(issue.origin, "<", issue.inclusive, issue.maximum);
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
