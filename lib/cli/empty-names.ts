/** A flag or an argument that was given and holds nothing, as of a shell's variable that is not set. */
import type { Command } from "commander";
import { optionError } from "../core/check.js";

/** @throws {EngineError} E_OPTION naming the first of them. */
export function refuseEmpty(command: Command): void {
  const flags = Object.entries(command.opts());
  const given = command.processedArgs.map((value, i) => [command.registeredArguments[i]?.name(), value]);
  for (const [name, value] of [...flags, ...given])
    if ([value].flat().includes("")) throw optionError(String(name), "a text that is not empty", "");
}
