/** `vqathinker ablate`: the paper's table of ablations on any videos, beside the paper's numbers. */
import { Command, type Option } from "commander";
import { type Ablation, ablate } from "../ablation/ablate.js";
import { refuseInputs } from "../ablation/inputs.js";
import { type AblateOptions, TEMPORAL_READINGS } from "../ablation/options.js";
import { ROW_NAMES, type RowName } from "../ablation/table.js";
import { SHIPPED_TOLD } from "../checkpoint/shipped.js";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { readJsonFile } from "../core/json.js";
import { checkOutput, namedPaths } from "../core/output-place.js";
import { Screen } from "../core/screen.js";
import { withLibtorch } from "../setup/terminal.js";
import { ablationEvents } from "./ablation-events.js";
import { ablationLines } from "./ablation-table.js";
import { flag } from "./flag.js";
import { parseInteger } from "./options.js";
import { goOnUnread } from "./output.js";
import { stopSignal } from "./stop-signal.js";

interface AblateFlags
  extends Omit<AblateOptions, "config" | "startConfig" | "rows" | "table" | "signal" | "onEvent"> {
  readonly table: "4";
  readonly rows?: string[];
  readonly config?: string;
  readonly startConfig?: string;
  readonly json?: string;
}

const OWN = "a shipped model's own, else the paper's";

export function ablateCommand(): Command {
  const flags: Option[] = [
    flag("--table <number>", "the paper's table", { choices: ["4"], usual: "4" }).default("4"),
    flag("--out <dir>", "folder of all that is made; the same command goes on in it", { needed: true }),
    flag("--seeds <count>", "every row learns with the seeds 1 to this", { read: parseInteger, usual: "3" }),
    flag("--rows <names...>", `some of ${ROW_NAMES.join(",")}`, { usual: "all" }),
    flag("--model <dir>", `checkpoint folder, or ${SHIPPED_TOLD}`, {
      usual: "tiny-start",
    }),
    flag("--data <file>", "list of training videos", { usual: "synthetic clips, rendered into the folder" }),
    flag("--in-domain <files...>", "lists of held-out videos, weighted by their numbers of videos"),
    flag("--out-of-domain <files...>", "the same of videos that are otherwise than those of training"),
    flag("--clips <count>", "synthetic clips to train on", { read: parseInteger, usual: "200" }),
    flag("--held-out <count>", "synthetic clips in each of three held-out sets", {
      read: parseInteger,
      usual: "300",
    }),
    flag(
      "--temporal <reading>",
      "the temporal reward by each answer's own, or as printed, which cannot teach",
      {
        choices: TEMPORAL_READINGS,
        usual: "answer",
      },
    ),
    flag("--steps <count>", "updates of every row's learning", { read: parseInteger, usual: OWN }),
    flag("--videos-per-step <count>", "videos of one update", { read: parseInteger, usual: OWN }),
    flag("--start-steps <count>", "updates of the fine-tuning of every row's start", {
      read: parseInteger,
      usual: "a shipped model's own, else three passes",
    }),
    flag("--prompt <file>", "what the model is asked; a model of yours needs one"),
    flag("--answer-prompt <file>", "what it is asked where it is not to reason"),
    flag("--start-replies <file>", "list of replies that reason, to learn the forms from", {
      usual: "the model's own answers",
    }),
    flag("--config <file>", "JSON with keys of every row's learning, as train takes them"),
    flag("--start-config <file>", "JSON with keys of the starts' fine-tuning"),
    flag("--json <file>", "write all numbers"),
  ];
  const command = new Command("ablate").description(
    "run table 4 of the paper: six rows of rewards, motion and reasoning, beside the paper's numbers; Ctrl-C saves and stops",
  );
  for (const one of flags) command.addOption(one);
  return command.action(async (flags: AblateFlags) => {
    const options = await optionsOf(flags);
    const json = flags.json === undefined ? null : await checkJson(flags.json, options, flags);
    goOnUnread("the ablation goes on, its folder keeps what is made");
    const signal = stopSignal("the step's work is finished or dropped, then saved");
    const onEvent = ablationEvents(new Screen(process.stderr));
    const made = await withLibtorch(() => ablate({ ...options, signal, onEvent }));
    process.stdout.write(`${closing(made).join("\n")}\n`);
    if (json !== null && made.report !== null) await writeJsonAtomic(json, made.report);
  });
}

async function optionsOf({ table: _one, json: _file, rows, config, startConfig, ...given }: AblateFlags) {
  const keys = async (file: string | undefined) =>
    file === undefined ? undefined : await readJsonFile(file);
  return {
    ...given,
    // What is no row is refused by who knows the rows.
    rows: rows?.flatMap((names) => names.split(",")).map((name) => name.trim() as RowName),
    config: await keys(config),
    startConfig: await keys(startConfig),
  } satisfies AblateOptions;
}

/** @returns where to write it. */
async function checkJson(json: string, options: AblateOptions, { config, startConfig }: AblateFlags) {
  const place = await checkOutput({ name: "json", path: json });
  await refuseInputs({ name: "json", path: json }, options, namedPaths({ config, startConfig }));
  return place;
}

function closing({ report, stopped, finished, count, out }: Ablation): string[] {
  if (report !== null) return ablationLines(report);
  const how = stopped ? "stopped" : "ended";
  return [
    `${how}: ${finished} of ${count} learnings are measured and kept in ${out}; the same command goes on`,
  ];
}
