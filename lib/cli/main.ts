#!/usr/bin/env node
/** The command line: names the commands, turns an error into one message and an exit code. */

import { Command } from "commander";
import { EngineError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { doctorCommand } from "./doctor.js";
import { setupCommand } from "./setup.js";

const program = new Command("vqathinker")
  .description(
    "Train and run VQAThinker: a model that watches a video, reasons about its quality and scores it",
  )
  .version(packageVersion())
  .addCommand(setupCommand())
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
