/** A flag for every plain option of the configuration, made from its schema. */
import { type Command, Option } from "commander";
import { configJsonSchema, METHOD_NAMES } from "../run/config.js";
import { parseInteger, parseNumber } from "./options.js";

interface PlainProperty {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  integer: parseInteger,
  number: parseNumber,
  string: (text) => text,
};

/** Lists and nested options are set in the file alone. Flags have no defaults: the method's schema fills them in. */
export function addConfigFlags(command: Command): Command {
  command.addOption(new Option("--method <name>", "how it learns").choices(METHOD_NAMES));
  // Of a key that several methods have, the first one's words.
  const keys = METHOD_NAMES.map((method) => configJsonSchema(method).properties ?? {}).reverse();
  for (const [name, property] of Object.entries(Object.assign({}, ...keys) as object)) {
    if (name === "method") continue;
    const { type = "", enum: choices, description = "" } = property as PlainProperty;
    const reader = READERS[type];
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (type === "boolean") command.addOption(new Option(flag, description));
    if (reader === undefined) continue;
    const option = new Option(`${flag} <${type === "string" ? "text" : "number"}>`, description);
    command.addOption(choices === undefined ? option.argParser(reader) : option.choices(choices));
  }
  return command;
}
