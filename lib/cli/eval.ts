/** `vqathinker eval`: a manifest's videos scored and compared with their targets. */
import { Command } from "commander";
import { writeAtomic } from "../core/atomic-file.js";
import { toJson } from "../core/jsonl.js";
import { readManifest } from "../data/manifest.js";
import { type EvaluationReport, evaluate } from "../eval/evaluate.js";
import {
  addInferFlags,
  addModelFlags,
  type InferFlags,
  inferOptions,
  loadOptions,
  type ModelFlags,
} from "./options.js";

interface EvalFlags extends ModelFlags, InferFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly predictions?: string;
}

export function evalCommand(): Command {
  const command = new Command("eval")
    .description("score a manifest's videos; print SRCC, PLCC, KRCC and RMSE against its scores")
    .requiredOption("--data <file>", "manifest, JSONL or CSV, with video and score")
    .option("--json", "print one JSON object")
    .option("--predictions <file>", "write video, target, score and status, one JSON object a line");
  return addInferFlags(addModelFlags(command)).action(async (flags: EvalFlags) => {
    const entries = await readManifest(flags.data);
    const options = await inferOptions(flags);
    const { loadModel } = await import("../infer/load-model.js");
    const model = await loadModel(flags.model, loadOptions(flags));
    try {
      const { notice } = model.settings;
      if (notice !== null) process.stderr.write(`${notice}\n`);
      const report = await evaluate(model, entries, {
        ...options,
        onPrediction: ({ video, status, error }, done) => {
          if (status === "failed")
            process.stderr.write(`failed: ${video}: ${error?.code}: ${error?.message}\n`);
          else if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${entries.length}`);
        },
      });
      if (process.stderr.isTTY) process.stderr.write("\n");
      if (flags.predictions !== undefined) await writePredictions(flags.predictions, report);
      process.stdout.write(flags.json ? `${toJson(summary(report, notice))}\n` : table(report));
      if (report.decoded < report.listed) process.exitCode = 1;
    } finally {
      model.dispose();
    }
  });
}

function writePredictions(file: string, { predictions }: EvaluationReport): Promise<void> {
  return writeAtomic(
    file,
    predictions
      .map(({ video, target, score, status }) => `${toJson({ video, target, score, status })}\n`)
      .join(""),
  );
}

function summary(
  { srcc, plcc, krcc, rmse, mae, listed, decoded, parsed }: EvaluationReport,
  notice: string | null,
): object {
  return {
    srcc,
    plcc,
    krcc,
    rmse,
    mae,
    listed,
    decoded,
    parsed,
    ...(notice === null ? {} : { notice }),
  };
}

export function table({ srcc, plcc, krcc, rmse, mae, listed, decoded, parsed }: EvaluationReport): string {
  const rows = Object.entries({ SRCC: srcc, PLCC: plcc, KRCC: krcc, RMSE: rmse, MAE: mae });
  const values = rows
    .map(([name, value]) => `${name}  ${value === null ? "undefined" : value.toFixed(4)}\n`)
    .join("");
  return `${values}n     ${listed} listed, ${decoded} decoded, ${parsed} parsed\n`;
}
