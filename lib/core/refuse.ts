/**
 * How a value is shown in a message, and how a file that does not parse is refused: the file, the place in it, the
 * problem. Knows no format.
 */
import { EngineError } from "./errors.js";

/** Longest piece of somebody's own text that a message repeats. */
const SHOWN_CHARACTERS = 200;

/** Text from outside as a message may show it: cut when long, with no character that a terminal would obey. */
export function printable(text: string): string {
  const cut = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return cut.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A value as a message may show it: texts, lists and objects as JSON writes them; "none" where there is no value. */
export function shown(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  const whole = typeof value === "string" || (typeof value === "object" && value !== null);
  return printable(whole ? `${className(value)}${asJson(value)}` : String(value));
}

/** Says of a URL that it is one, and no text. */
function className(value: unknown): string {
  if (typeof value !== "object" || Array.isArray(value)) return "";
  const name: unknown = (value as object).constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `${name} ` : "";
}

/** What JSON cannot say (a circle, a bigint, an object that says nothing) is told by its kind. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/**
 * @param key  The tensor, entry or byte that is wrong; null when it is the file as a whole.
 * @throws {EngineError} E_FORMAT, always; the message begins with the file.
 */
export function refuse(file: string, key: string | null, problem: string, cause?: unknown): never {
  const place = key === null ? file : `${file}: ${printable(key)}`;
  throw new EngineError("E_FORMAT", `${place}: ${problem}`, {
    details: { file, key: key === null ? null : printable(key) },
    cause,
  });
}

/** Names out of a file in one line; of many the first. */
export function listed(names: readonly string[], most = 8): string {
  const first = names.slice(0, most).map(printable).join(", ");
  return names.length > most ? `${first} and ${names.length - most} more` : first;
}

/** Why the system refused, without its call and the name that was handed to it, which may be none that a user knows. */
export function systemReason(error: Error): string {
  if ((error as NodeJS.ErrnoException).code === "EISDIR") return "it is a folder";
  return error.message.replace(/, \w+(?: '.*)?$/s, "");
}
