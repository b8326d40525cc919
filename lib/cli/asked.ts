/** What a command scores with: a model, or a measure without weights that `--scorer` names. */
import { Command } from "commander";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { sha256 } from "../core/digest.js";
import { type NamedPath, namedPaths } from "../core/output-place.js";
import { toType } from "../core/to-type.js";
import {
  type JournalRow,
  type JournalSubject,
  journalSubject,
  measureSubject,
} from "../infer/journal-subject.js";
import { modelScorer } from "../infer/model-scorer.js";
import type { ScoreManyOptions } from "../infer/score-many.js";
import type { Scorer } from "../infer/scorer.js";
import { type NiqeOptions, niqeScorer } from "../measures/niqe.js";
import { type NiqeModel, readNiqeModel } from "../measures/niqe-model.js";
import { modelFiles } from "../model/model-files.js";
import { nativeBinding } from "../native/load.js";
import { withLibtorch } from "../setup/terminal.js";
import { flag } from "./flag.js";
import { openModel } from "./open-model.js";
import { addInferFlags, addModelFlags, type InferFlags, inferOptions, type ModelFlags } from "./options.js";

const SCORERS = ["model", "niqe"] as const;
/** Flags of a model that a measure takes as well. */
const OF_BOTH = ["frames", "batchSize"];

export interface ScorerFlags extends ModelFlags, InferFlags {
  readonly scorer?: (typeof SCORERS)[number];
  /** Path of NIQE's model file. */
  readonly niqeModel?: string;
}

/** A scorer that is ready. */
export interface Opened {
  readonly scorer: Scorer;
  dispose(): void;
}

/** What will be asked: known by its files before it is opened. */
export interface Asked {
  readonly batchSize: number | undefined;
  /** The files that it is read from, which no output may take the place of. */
  inputs(): Promise<NamedPath[]>;
  /** What a journal of its results is of. */
  subject(rows: readonly JournalRow[]): Promise<JournalSubject>;
  /** @param refuse  refuses videos of which none can be scored; looked at before libtorch is fetched or weights are read. */
  open(refuse: () => Promise<void>): Promise<Opened>;
}

/** The flags of a model, and those that choose another scorer. */
export function addScorerFlags(command: Command): Command {
  return addInferFlags(addModelFlags(command))
    .addOption(
      flag("--scorer <name>", "what scores: a model, or a measure without weights", {
        choices: SCORERS,
        usual: "model",
      }),
    )
    .addOption(
      flag(
        "--niqe-model <file>",
        "model of pristine pictures for --scorer niqe: JSON, as fit-niqe writes it",
      ),
    );
}

/** @throws {EngineError} E_OPTION for flags that are of another scorer; else as inferOptions and readNiqeModel. */
export async function askedBy(command: Command, flags: ScorerFlags): Promise<Asked> {
  const { scorer = "model", niqeModel, frames, batchSize } = flags;
  if (scorer === "model") {
    if (niqeModel !== undefined) throw optionError("niqeModel", "it beside --scorer niqe alone", niqeModel);
    return modelAsked(flags, await inferOptions(flags));
  }
  const ofModels = addInferFlags(addModelFlags(new Command())).options.map((one) => one.attributeName());
  for (const name of ofModels)
    if (!OF_BOTH.includes(name) && command.getOptionValueSource(name) === "cli")
      throw optionError(
        name,
        `none beside --scorer ${scorer}, which asks no model`,
        command.getOptionValue(name),
      );
  if (niqeModel === undefined)
    throw optionError("niqeModel", "a file", niqeModel, `${toType("fit-niqe")} makes one of clean pictures`);
  return niqeAsked(niqeModel, await readNiqeModel(niqeModel), { frames, batchSize });
}

/** @param options  how the model is asked. */
export function modelAsked(flags: ModelFlags & InferFlags, options: ScoreManyOptions): Asked {
  const { adapter, slowfast, prompt, dtype } = flags;
  const dir = shippedCheckpoint(flags.model) ?? flags.model;
  return {
    batchSize: options.batchSize,
    inputs: async () => [...namedPaths({ prompt, slowfast }), ...(await modelFiles(dir, adapter))],
    subject: (rows) => journalSubject({ dir, adapter, slowfast, dtype }, options, rows),
    async open(refuse) {
      const model = await openModel(flags, options, refuse);
      const { batchSize: _, ...asked } = options;
      return { scorer: modelScorer(model, asked), dispose: () => model.dispose() };
    },
  };
}

function niqeAsked(
  file: string,
  model: NiqeModel,
  { frames, batchSize }: NiqeOptions & { readonly batchSize: number | undefined },
): Asked {
  const numbers = sha256(JSON.stringify([[...model.mean], [...model.covariance]]));
  return {
    batchSize,
    inputs: async () => namedPaths({ niqeModel: file }),
    subject: async (rows) =>
      measureSubject("niqe", { "NIQE model": numbers }, { frames: frames ?? null }, rows),
    async open(refuse) {
      const scorer = niqeScorer(model, { frames });
      await withLibtorch(async () => {
        await refuse();
        nativeBinding();
      });
      process.stderr.write(`${scorer.notice}\n`);
      return { scorer, dispose: () => {} };
    },
  };
}
