/** A flag for every plain option of the configuration, made from its schema. */
import { type Command, Option } from "commander";
import { configJsonSchema, METHOD_NAMES } from "../run/config.js";
import { parseInteger, parseNumber } from "./options.js";

interface PlainProperty {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
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
    const { type = "", enum: choices, description = "", default: isOn } = property as PlainProperty;
    const reader = READERS[type];
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (type === "boolean") {
      // With the positive form beside it, a negative one leaves the option unset where it is not given.
      command.addOption(new Option(flag, description).hideHelp(isOn === true));
      if (isOn === true) command.addOption(new Option(flag.replace("--", "--no-"), description));
    }
    if (reader === undefined) continue;
    const option = new Option(`${flag} <${type === "string" ? "text" : "number"}>`, description);
    command.addOption(choices === undefined ? option.argParser(reader) : option.choices(choices));
  }
  return command;
}
