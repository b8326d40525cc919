/** The options of a call: an object, and each by a name that the call knows. What is not known would be ignored. */
import { optionError, unknownOption } from "./check.js";

/** Every name of T; the compiler sees that none is missing and none is too much. */
export type Names<T> = Readonly<Record<keyof T, true>>;

/** @throws {EngineError} E_OPTION for what has no names at all. */
export function checkObject(option: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError(option, "an object", value);
}

/**
 * @param names   those of the call, as Names of its options.
 * @param option  what the call calls them.
 * @throws {EngineError} E_OPTION for what is no object, and for an unknown name with the nearest known one.
 */
export function checkOptions(
  options: unknown,
  names: Readonly<Record<string, true>>,
  option = "options",
): void {
  checkObject(option, options);
  const strange = Object.keys(options).find((key) => !Object.hasOwn(names, key));
  if (strange !== undefined) throw unknownOption(strange, Object.keys(names));
}

/** Names as checkOptions takes them, of those that stand in a list. */
export function namesOf(names: readonly string[]): Readonly<Record<string, true>> {
  return Object.fromEntries(names.map((name) => [name, true]));
}
