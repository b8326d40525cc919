/** `vqathinker score`: videos in, a score with its reasoning for each. */
import { Command } from "commander";
import { toJson } from "../core/jsonl.js";
import { modelScorer } from "../infer/model-scorer.js";
import { type ScoreManyOptions, scoreMany } from "../infer/score-many.js";
import { failedScore, type VideoScore } from "../infer/video-score.js";
import type { Model } from "../model/types.js";
import { expandPaths } from "../video/files.js";
import { mediaError } from "../video/probe.js";
import {
  addInferFlags,
  addModelFlags,
  type InferFlags,
  inferOptions,
  loadOptions,
  type ModelFlags,
} from "./options.js";

export function scoreCommand(): Command {
  const command = new Command("score")
    .description("score videos; a folder stands for the videos in it")
    .argument("<paths...>", "video files and folders")
    .option("--json", "print one JSON object a line");
  return addInferFlags(addModelFlags(command)).action(
    async (paths: string[], flags: ModelFlags & InferFlags & { json?: boolean }) => {
      const options = await inferOptions(flags);
      const { loadModel } = await import("../infer/load-model.js");
      const model = await loadModel(flags.model, loadOptions(flags));
      try {
        const format = flags.json ? jsonLine : lines;
        const failed = await scorePaths(model, paths, options, (result) =>
          process.stdout.write(`${format(result)}\n`),
        );
        if (failed > 0) process.exitCode = 1;
      } finally {
        model.dispose();
      }
    },
  );
}

/** Scores files and folders and hands on each result as it comes; gives the number of those that failed. */
export async function scorePaths(
  model: Model,
  paths: readonly string[],
  options: ScoreManyOptions,
  print: (result: VideoScore) => void,
): Promise<number> {
  let failed = 0;
  const hand = (result: VideoScore) => {
    if (result.status === "failed") failed++;
    print(result);
  };
  const scorer = modelScorer(model, options);
  const { files, unfit, passedOver } = await expandPaths(paths);
  for (const line of passedOver) process.stderr.write(`${line}\n`);
  for (const { path, problem } of unfit) hand(failedScore(scorer, path, mediaError(path, problem), 0));
  for await (const result of scoreMany(scorer, files, options)) hand(result);
  return failed;
}

export function jsonLine({ error, notice, ...result }: VideoScore): string {
  return toJson({ ...result, error, notice });
}

export function lines(result: VideoScore): string {
  const { file, score, scale, status, reasoning, answer, error, notice } = result;
  if (status === "failed") return `${file}\n  failed: ${error?.code}: ${error?.message}`;
  const value =
    score === null
      ? "no score in the answer"
      : `${score.toFixed(2)} on a scale of ${scale.min} to ${scale.max}`;
  const said = notice === undefined ? "" : `\n  ${notice}`;
  return `${file}\n  ${status}: ${value}${said}\n  reasoning: ${reasoning ?? "none"}${score === null ? `\n  answer: ${answer ?? "none"}` : ""}`;
}
