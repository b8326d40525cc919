/** A message's options by the names that a person typed: keys are camelCase, flags are not. */
import type { Command, Option } from "commander";
import type { EngineError } from "../core/errors.js";

/** Sources of options that are no flags. */
const FILES = ["config", "resume"];

/** The error's message, with the flag of the option that it is about where that was, or could have been, typed. */
export function inFlags({ message, details }: EngineError, command: Command | null): string {
  const { option: name } = details;
  const [flag] = renamed(command).filter(
    (option) => option.attributeName() === name && isTyped(command, option),
  );
  if (flag === undefined || message.includes(String(flag.long))) return message;
  return `${message} (${flag.long})`;
}

/** A warning, with the flags of all options that it names by their keys, as above. */
export function warningInFlags(message: string, command: Command): string {
  const named = new Set(message.match(/\w+/g));
  // A word that is also a key which a flag turns off may be meant as a word.
  const flags = renamed(command).filter(
    (option) => !option.negate && named.has(option.attributeName()) && isTyped(command, option),
  );
  if (flags.length === 0) return message;
  return `${message} (${flags.map((option) => `${option.attributeName()} is ${option.flags}`).join(", ")})`;
}

/** Flags that are not called as their keys are. */
function renamed(command: Command | null): Option[] {
  return (command?.options ?? []).filter((option) => option.long !== `--${option.attributeName()}`);
}

/** Was it typed, or would it have to be, no file being there to say it? */
function isTyped(command: Command | null, option: Option): boolean {
  const fromFile = FILES.some((file) => command?.getOptionValue(file) !== undefined);
  return !fromFile || command?.getOptionValueSource(option.attributeName()) === "cli";
}
