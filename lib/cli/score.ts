/** `vqathinker score`: videos in, a score with its reasoning for each. */
import { resolve } from "node:path";
import { Command } from "commander";
import { EngineError } from "../core/errors.js";
import { toJson } from "../core/jsonl.js";
import { percent } from "../core/percent.js";
import { type BatchOptions, scoreMany } from "../infer/score-many.js";
import type { Scorer } from "../infer/scorer.js";
import { failedScore, noticeOfVideo, type VideoScore } from "../infer/video-score.js";
import { type ExpandedPaths, expandPaths } from "../video/files.js";
import { checkFile, mediaError } from "../video/media-file.js";
import { addScorerFlags, askedBy, type ScorerFlags } from "./asked.js";
import { openResults, RESUME, RESUME_FLAG } from "./result-files.js";

interface ScoreFlags extends ScorerFlags {
  readonly resume?: boolean;
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
  return addScorerFlags(command).action(async (paths: string[], flags: ScoreFlags) => {
    const asked = await askedBy(command, flags);
    const expanded = await expandPaths(paths);
    const { files } = expanded;
    const results = await openResults({
      asked,
      resume: flags.resume,
      outputs: { out: flags.out },
      inputs: files.map((path) => ({ name: "a video to score", path })),
      rows: files.map((file) => resolve(file)),
    });
    try {
      const { scorer, dispose } = await asked.open(async () => {
        // What the journal has is handed on, whatever became of its videos.
        if (!results.journal?.kept) await refuseHopeless(expanded);
      });
      const { batchSize } = asked;
      const { notice = null } = scorer;
      const format = flags.json ? jsonLine : (result: VideoScore) => lines(result, notice);
      const scored: VideoScore[] = [];
      const hand = (result: VideoScore) => {
        scored.push(result);
        process.stdout.write(`${format(result)}\n`);
      };
      const failed = await results
        .unlessStopped((kept) => scorePaths(scorer, expanded, { batchSize, ...kept }, hand))
        .finally(dispose);
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
  scorer: Scorer,
  { files, unfit, passedOver }: ExpandedPaths,
  options: BatchOptions,
  print: (result: VideoScore) => void,
): Promise<number> {
  let failed = 0;
  const hand = (result: VideoScore) => {
    if (result.status === "failed") failed++;
    print(result);
  };
  for (const line of passedOver) process.stderr.write(`${line}\n`);
  for (const { path, problem } of unfit) hand(failedScore(scorer, path, mediaError(path, problem), 0));
  for await (const result of scoreMany(scorer, files, options)) hand(result);
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
      : `${score.toFixed(2)}${expectedText(result)} on a scale of ${scale.min} ${scale.max === Infinity ? "upwards" : `to ${scale.max}`}`;
  const own = noticeOfVideo(result, notice);
  const said = own === null ? "" : `\n  ${own}`;
  return `${file}\n  ${status}: ${value}${said}\n  reasoning: ${reasoning ?? "none"}${score === null ? `\n  answer: ${answer ?? "none"}` : ""}`;
}

/** Of a result that has a score. */
function expectedText({ expected, expectedMass }: VideoScore): string {
  if (expected === undefined) return "";
  if (expected === null) return ", expected unread,";
  return `, expected ${expected.toFixed(3)} (${percent(expectedMass ?? 0)} of the probability),`;
}
