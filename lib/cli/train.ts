/** `vqathinker train`: a run from a configuration, or on from where a run stopped. */
import { Command } from "commander";
import { flagOf } from "../core/flag-name.js";
import { toJson } from "../core/jsonl.js";
import { ownOutput } from "../core/own-output.js";
import { byteProgress } from "../core/progress.js";
import type { TrainEvent } from "../grpo/event.js";
import { configJsonSchema, type MethodName, parseMethod, readConfig } from "../run/config.js";
import { keptError } from "../run/kept.js";
import { PLACES } from "../run/places.js";
import type { TrainSummary } from "../run/run.js";
import { resumeTraining, type TrainOptions, trainParsed } from "../run/train.js";
import type { RunEvent, Sink } from "../run-folder/events.js";
import { withLibtorch } from "../setup/terminal.js";
import type { SftEvent } from "../sft/event.js";
import { addConfigFlags } from "./config-flags.js";
import { eventLines } from "./event-lines.js";
import { warningInFlags } from "./flag-names.js";
import { goOnUnread } from "./output.js";
import { Standing } from "./standing.js";
import { stopSignal } from "./stop-signal.js";

interface TrainFlags extends Readonly<Record<string, unknown>> {
  readonly config?: string;
  readonly resume?: string;
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly method?: MethodName;
}

export function trainCommand(): Command {
  const command = new Command("train")
    .description("train by GRPO, or by another method; Ctrl-C saves and stops, a second one stops at once")
    .option("--config <file>", "JSON configuration; flags win over it")
    .option(
      "--resume <run>",
      `go on with the run in this folder; what has moved is named by ${PLACES.map(flagOf).join(", ")}`,
    )
    .option("--json", "print every event as a JSON object a line")
    .option("--schema", "print the configuration's JSON Schema and do nothing else");
  addConfigFlags(command).action(async ({ config, resume, json, schema, ...flags }: TrainFlags) => {
    if (schema) {
      process.stdout.write(`${JSON.stringify(configJsonSchema(flags.method), null, 2)}\n`);
      return;
    }
    goOnUnread("the run goes on, its folder tells the rest");
    const screen: Sink = { event: json ? printJson() : printLines(command) };
    const signal = stopSignal("the step's work is finished or dropped, then saved");
    const standing = new Standing();
    const options = { signal, sinks: [standing, screen], onLoad: byteProgress("loading the model") };
    const run = () =>
      resume === undefined ? start(config, flags, options) : goOn(resume, config, flags, options);
    const summary = await withLibtorch(run).catch((error: unknown) => {
      process.stderr.write(standing.line());
      throw error;
    });
    if (!json) process.stdout.write(standing.closing(summary));
  });
  return command;
}

async function start(file: string | undefined, flags: object, options: TrainOptions): Promise<TrainSummary> {
  return trainParsed(file === undefined ? parseMethod(flags) : await readConfig(file, { ...flags }), options);
}

async function goOn(
  run: string,
  config: string | undefined,
  flags: object,
  options: TrainOptions,
): Promise<TrainSummary> {
  const places: readonly string[] = PLACES;
  // An option of resumeTraining may have the name of a flag and be something else, as its schedule is.
  const kept = Object.entries({ config, ...flags }).find(
    ([key, value]) => value !== undefined && !places.includes(key),
  );
  if (kept !== undefined) throw await keptError(run, ...kept);
  return resumeTraining(run, { ...options, ...flags });
}

/** A reward's module may print, too: its words must not stand between the lines. */
function printJson(): (event: RunEvent) => void {
  const write = ownOutput();
  return (event) => write(`${toJson(event)}\n`);
}

function printLines(command: Command): (event: RunEvent) => void {
  const lineOf = eventLines((message) => warningInFlags(message, command));
  return (event) => {
    const line = lineOf(event as TrainEvent | SftEvent);
    if (line !== null) process.stdout.write(`${line}\n`);
  };
}
