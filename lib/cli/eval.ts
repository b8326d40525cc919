/** `vqathinker eval`: a manifest's videos scored and compared with their targets. */
import { Command } from "commander";
import { toJson } from "../core/jsonl.js";
import { namedPaths } from "../core/output-place.js";
import { readManifest } from "../data/manifest.js";
import { labelWarnings } from "../data/off-scale.js";
import { checkSomePresent, similarHint } from "../data/presence.js";
import { type EvaluationReport, evaluate, type Prediction } from "../eval/evaluate.js";
import { resultCsv } from "../eval/result-csv.js";
import { addScorerFlags, askedBy, type ScorerFlags } from "./asked.js";
import { flag } from "./flag.js";
import { warningInFlags } from "./flag-names.js";
import { parseNumber } from "./options.js";
import { openResults, RESUME, RESUME_FLAG } from "./result-files.js";

interface EvalFlags extends ScorerFlags {
  readonly resume?: boolean;
  readonly data: string;
  readonly json?: boolean;
  readonly predictions?: string;
  readonly csv?: string;
  readonly videos?: string;
  readonly labelScale?: number;
  readonly unparsedAs?: number;
  readonly columns?: string;
  readonly delimiter?: string;
}

export function evalCommand(): Command {
  const command = new Command("eval")
    .description("score a manifest's videos; print SRCC, PLCC, KRCC and RMSE against its scores")
    .addOption(
      flag("--data <file>", "list of videos with scores: JSONL, CSV or the released test JSON", {
        needed: true,
      }),
    )
    .addOption(flag("--videos <dir>", "folder that the listed videos are in", { usual: "the list's own" }))
    .addOption(
      flag("--label-scale <factor>", "multiply the list's scores by this", { read: parseNumber, usual: "1" }),
    )
    .addOption(
      flag("--columns <names>", "what the list calls its columns: video=File_name,score=MOS; or numbers"),
    )
    .addOption(
      flag("--delimiter <character>", "what separates the cells of a CSV, or tab", { usual: "a comma" }),
    )
    .addOption(
      flag(
        "--unparsed-as <score>",
        "count answers without a score as this, and say how many; the released evaluation: 3",
        {
          read: parseNumber,
          usual: "they count in nothing",
        },
      ),
    )
    .option("--json", "print one JSON object")
    .option("--predictions <file>", "write video, target, score and status, one JSON object a line")
    .option("--csv <file>", "write filename, pred_score and gt_score, as the released evaluation does")
    .option(RESUME_FLAG, RESUME);
  return addScorerFlags(command).action(async (flags: EvalFlags) => {
    const { data, videos: folder, labelScale = 1, columns, delimiter, predictions, csv, unparsedAs } = flags;
    const entries = await readManifest(data, { videos: folder, labelScale, columns, delimiter });
    const asked = await askedBy(command, flags);
    const videos = entries.map(({ video }) => ({ name: "a listed video", path: video }));
    const results = await openResults({
      asked,
      resume: flags.resume,
      outputs: { predictions, csv },
      inputs: [...namedPaths({ data }), ...videos],
      rows: entries.map(({ video, score }) => [video, score]),
    });
    try {
      const { scorer, dispose } = await asked.open(() => checkSomePresent(entries));
      const { batchSize } = asked;
      const { notice = null, scale } = scorer;
      // Before minutes are spent on figures that may not be meant.
      for (const warning of labelWarnings(entries, scale, { raw: true }))
        process.stderr.write(`warning: ${warningInFlags(warning, command)}\n`);
      const onPrediction = teller(entries.length);
      const report = await results
        .unlessStopped((kept) => evaluate(scorer, entries, { batchSize, ...kept, onPrediction, unparsedAs }))
        .finally(dispose);
      if (process.stderr.isTTY) process.stderr.write("\n");
      if (report === null) return;
      await results.write("predictions", () => predictionLines(report));
      await results.write("csv", () => resultCsv(report.predictions));
      process.stdout.write(
        flags.json
          ? `${toJson(summary(report, labelScale, notice, unparsedAs))}\n`
          : table(report, unparsedAs),
      );
      if (report.decoded < report.listed) process.exitCode = 1;
      await results.finish();
    } finally {
      await results.close();
    }
  });
}

/** Says which videos have no score and why, and on a terminal how far it is. */
function teller(listed: number): (prediction: Prediction, done: number) => void {
  return ({ video, name, status, error, similar }, done) => {
    if (status === "absent")
      process.stderr.write(`absent: ${name ?? video}: there is no file ${video}${similarHint(similar)}\n`);
    else if (status === "failed")
      process.stderr.write(`failed: ${video}: ${error?.code}: ${error?.message}\n`);
    else if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${listed}`);
  };
}

function predictionLines({ predictions }: EvaluationReport): string {
  return predictions
    .map(({ video, target, score, expected, expectedMass, status, countedAs }) => {
      const counted = countedAs === undefined ? {} : { countedAs };
      const read = expected === undefined ? {} : { expected, expectedMass };
      return `${toJson({ video, target, score, ...read, status, ...counted })}\n`;
    })
    .join("");
}

function summary(
  { predictions: _each, ...counts }: EvaluationReport,
  labelScale: number,
  notice: string | null,
  unparsedAs: number | undefined,
): object {
  return { ...counts, unparsedAs: unparsedAs ?? null, labelScale, ...(notice === null ? {} : { notice }) };
}

const FIGURES = ["srcc", "plcc", "krcc", "rmse", "mae"] as const;

export function table(report: EvaluationReport, unparsedAs?: number): string {
  const { expected, listed, decoded, parsed, substituted, absent } = report;
  const shown = (value: number | null) => (value === null ? "undefined" : value.toFixed(4));
  const values = FIGURES.map((name) => {
    const beside = expected === undefined ? "" : `  expected ${shown(expected[name])}`;
    const own = beside === "" ? shown(report[name]) : shown(report[name]).padEnd("undefined".length);
    return `${name.toUpperCase()}  ${own}${beside}\n`;
  });
  const missing = absent.length === 0 ? "" : `, ${absent.length} absent`;
  const instead = unparsedAs === undefined ? "" : `, ${substituted} unparsed counted as ${unparsedAs}`;
  const read = expected === undefined ? "" : `, ${expected.read} with an expected score`;
  const counts = `n     ${listed} listed, ${decoded} decoded, ${parsed} parsed${read}${instead}${missing}\n`;
  return [...values, counts, ...absent.map((name) => `absent  ${name}\n`)].join("");
}
