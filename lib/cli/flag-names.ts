/** A refused option by the name that a person typed: keys are camelCase, flags are not. */
import type { Command } from "commander";
import type { EngineError } from "../core/errors.js";

/** Sources of options that are no flags. */
const FILES = ["config", "resume"];

/** The error's message, with the flag of the option that it is about where that was, or could have been, typed. */
export function inFlags({ message, details }: EngineError, command: Command | null): string {
  const { option: name } = details;
  const flag = command?.options.find((option) => option.attributeName() === name)?.long;
  if (command === null || !flag || flag === `--${name}` || message.includes(flag)) return message;
  const typed = command.getOptionValueSource(String(name)) === "cli";
  const fromFile = FILES.some((file) => command.getOptionValue(file) !== undefined);
  return typed || !fromFile ? `${message} (${flag})` : message;
}
