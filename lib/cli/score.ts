/** `vqathinker score`: videos in, a score with its reasoning for each. */
import { resolve } from "node:path";
import { Command } from "commander";
import { EngineError } from "../core/errors.js";
import { toJson } from "../core/jsonl.js";
import { modelScorer } from "../infer/model-scorer.js";
import { type ScoreManyOptions, scoreMany } from "../infer/score-many.js";
import { failedScore, noticeOfVideo, type VideoScore } from "../infer/video-score.js";
import type { Model } from "../model/types.js";
import { type ExpandedPaths, expandPaths } from "../video/files.js";
import { checkFile, mediaError } from "../video/media-file.js";
import { openModel } from "./open-model.js";
import { addInferFlags, addModelFlags, inferOptions } from "./options.js";
import { openResults, RESUME, RESUME_FLAG, type ResultFlags } from "./result-files.js";

interface ScoreFlags extends ResultFlags {
  readonly json?: boolean;
  readonly out?: string;
}

export function scoreCommand(): Command {
  const command = new Command("score")
    .description("score videos; a folder stands for the videos in it")
    .argument("<paths...>", "video files and folders")
    .option("--json", "print one JSON object a line")
    .option("--out <file>", "write one JSON object a line, when all are scored")
    .option(RESUME_FLAG, RESUME);
  return addInferFlags(addModelFlags(command)).action(async (paths: string[], flags: ScoreFlags) => {
    const options = await inferOptions(flags);
    const expanded = await expandPaths(paths);
    const { files } = expanded;
    const results = await openResults({
      flags,
      options,
      outputs: { out: flags.out },
      inputs: files.map((path) => ({ name: "a video to score", path })),
      rows: files.map((file) => resolve(file)),
    });
    try {
      const model = await openModel(flags, options, async () => {
        // What the journal has is handed on, whatever became of its videos.
        if (!results.journal?.kept) await refuseHopeless(expanded);
      });
      const { notice } = model.settings;
      const format = flags.json ? jsonLine : (result: VideoScore) => lines(result, notice);
      const scored: VideoScore[] = [];
      const hand = (result: VideoScore) => {
        scored.push(result);
        process.stdout.write(`${format(result)}\n`);
      };
      const failed = await results
        .unlessStopped((kept) => scorePaths(model, expanded, { ...options, ...kept }, hand))
        .finally(() => model.dispose());
      if (failed === null) return;
      await results.write("out", () => scored.map((result) => `${jsonLine(result)}\n`).join(""));
      if (failed > 0) process.exitCode = 1;
      await results.finish();
    } finally {
      await results.close();
    }
  });
}

/**
 * Looks at the files alone, opening none.
 *
 * @throws {EngineError} E_MEDIA for the first path, where not one of them can be a video.
 */
export async function refuseHopeless({ files, unfit }: ExpandedPaths): Promise<void> {
  const errors = unfit.map(({ path, problem }) => mediaError(path, problem));
  for (const file of files) {
    const error = await checkFile(file).then(
      () => null,
      (refused: EngineError) => refused,
    );
    if (error === null) return;
    errors.push(error);
  }
  const [first] = errors;
  if (first === undefined) return;
  const rest = errors.length === 2 ? "the other one" : `any of the ${errors.length - 1} others`;
  const others = errors.length === 1 ? "" : `; nor can ${rest} be read`;
  throw new EngineError("E_MEDIA", `${first.message}${others}`, { details: first.details, cause: first });
}

/** Scores files, after the folders that have none, and hands on each result as it comes; gives the number of failed ones. */
export async function scorePaths(
  model: Model,
  { files, unfit, passedOver }: ExpandedPaths,
  options: ScoreManyOptions,
  print: (result: VideoScore) => void,
): Promise<number> {
  let failed = 0;
  const hand = (result: VideoScore) => {
    if (result.status === "failed") failed++;
    print(result);
  };
  const scorer = modelScorer(model, options);
  for (const line of passedOver) process.stderr.write(`${line}\n`);
  for (const { path, problem } of unfit) hand(failedScore(scorer, path, mediaError(path, problem), 0));
  const { batchSize, signal, journal } = options;
  for await (const result of scoreMany(scorer, files, { batchSize, signal, journal })) hand(result);
  return failed;
}

export function jsonLine({ error, notice, ...result }: VideoScore): string {
  return toJson({ ...result, error, notice });
}

/** @param notice  What was said already of all scores. */
export function lines(result: VideoScore, notice: string | null): string {
  const { file, score, scale, status, reasoning, answer, error } = result;
  if (status === "failed") return `${file}\n  failed: ${error?.code}: ${error?.message}`;
  const value =
    score === null
      ? "no score in the answer"
      : `${score.toFixed(2)} on a scale of ${scale.min} to ${scale.max}`;
  const own = noticeOfVideo(result, notice);
  const said = own === null ? "" : `\n  ${own}`;
  return `${file}\n  ${status}: ${value}${said}\n  reasoning: ${reasoning ?? "none"}${score === null ? `\n  answer: ${answer ?? "none"}` : ""}`;
}
