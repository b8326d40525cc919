#!/usr/bin/env node
/** The command line: names the commands, turns an error into one message and an exit code. */

import { Command, CommanderError } from "commander";
import { EngineError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { toType } from "../core/to-type.js";
import { refuseEmpty } from "./empty-names.js";
import { inFlags } from "./flag-names.js";
import { watchOutput } from "./output.js";

/** Exit codes: 1 something failed, 2 wrong use; output.ts and stop-signal.ts have their own. */
const FAILED = 1;
const WRONG_USE = 2;

/** By name, each loaded when it is asked for: all of them take half a second of start-up. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  score: async () => (await import("./score.js")).scoreCommand(),
  train: async () => (await import("./train.js")).trainCommand(),
  eval: async () => (await import("./eval.js")).evalCommand(),
  ablate: async () => (await import("./ablate.js")).ablateCommand(),
  presets: async () => (await import("./presets.js")).presetsCommand(),
  convert: async () => (await import("./convert.js")).convertCommand(),
  merge: async () => (await import("./merge.js")).mergeCommand(),
  "fit-niqe": async () => (await import("./fit-niqe.js")).fitNiqeCommand(),
  inspect: async () => (await import("./inspect.js")).inspectCommand(),
  "make-random": async () => (await import("./make-random.js")).makeRandomCommand(),
  setup: async () => (await import("./setup.js")).setupCommand(),
  doctor: async () => (await import("./doctor.js")).doctorCommand(),
};

const program = new Command("vqathinker")
  .description(
    "Train and run VQAThinker: a model that watches a video, reasons about its quality and scores it",
  )
  .version(packageVersion())
  .addHelpText(
    "after",
    `
First: ${toType("setup")}, then ${toType("score", "clip.mp4")}
${toType("COMMAND", "--help")} tells the options of a command`,
  );

const [first = ""] = process.argv.slice(2);
for (const [name, load] of Object.entries(COMMANDS))
  if (name === first || !Object.hasOwn(COMMANDS, first)) program.addCommand(await load());

for (const command of [program, ...program.commands]) {
  command.exitOverride();
  // Whether it must be given, its choices and its default are said by flag.ts, in one form for all.
  command.configureHelp({ optionDescription: ({ description }) => description });
  command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "E_OPTION: ")) });
  const named = command === program ? [] : [command.name()];
  command.showHelpAfterError(`${toType(...named, "--help")} tells what there is`);
}
let running: Command | null = null;
program.hook("preAction", (_program, command) => {
  running = command;
  refuseEmpty(command);
});

watchOutput((error) => {
  tell(error);
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Its message is printed already; asking for help is no failure.
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USE;
  } else if (error instanceof EngineError) {
    tell(error);
  } else {
    throw error;
  }
}

function tell(error: EngineError): void {
  const { code } = error;
  process.stderr.write(`${code}: ${inFlags(error, running)}\n`);
  process.exitCode = code === "E_OPTION" ? WRONG_USE : FAILED;
}
