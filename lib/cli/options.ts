/** Flags that several commands share, and the reading of their values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { decimalNumber } from "../core/decimal.js";
import { byteProgress } from "../core/progress.js";
import { batchSizeOf, type ScoreManyOptions } from "../infer/score-many.js";
import { checkInferOptions, INFER_OPTIONS } from "../infer/session.js";
import type { LoadOptions } from "../model/types.js";
import { ANSWER_VARIANTS } from "../text/answer.js";
import { readPrompt } from "../text/prompt-file.js";
import { checkTemplate, TEMPLATE_NAMES, type TemplateName } from "../text/templates.js";

export interface ModelFlags {
  readonly model: string;
  readonly slowfast?: string;
  readonly device?: string;
  readonly dtype?: "float32" | "bfloat16";
  readonly threads?: number;
}

type SamplingFlags = Pick<
  ScoreManyOptions,
  "batchSize" | "frames" | "imageSize" | "maxNewTokens" | "temperature" | "topK" | "topP" | "seed" | "variant"
>;

export interface InferFlags extends SamplingFlags {
  readonly template?: TemplateName;
  /** Path of the file with what is asked. */
  readonly prompt?: string;
}

/** What the file of --prompt holds. */
export const PROMPT_FILE = "text file with the question, and below it the instruction; or a training list";

export function addModelFlags(command: Command): Command {
  return command
    .option("--model <dir>", "checkpoint folder, or tiny or tiny-start for the shipped ones", "tiny")
    .option("--slowfast <file>", "SlowFast's weights, converted, for a checkpoint without motion parts")
    .option("--device <name>", "auto, cpu or cuda; auto takes a card that can be used (default: auto)")
    .addOption(choice("--dtype <type>", "arithmetic (default: float32)", ["float32", "bfloat16"]))
    .option(
      "--threads <count>",
      "threads that compute, and as many that resize frames (default: all cores)",
      parseInteger,
    );
}

export function addInferFlags(command: Command): Command {
  return command
    .option("--batch-size <count>", "videos answered together (default: 8)", parseInteger)
    .option("--frames <count>", "frames per video (default: the checkpoint's)", parseInteger)
    .option("--image-size <pixels>", "side of a frame (default: the checkpoint's)", parseInteger)
    .option("--max-new-tokens <count>", "most tokens of an answer (default: the checkpoint's)", parseInteger)
    .option(
      "--temperature <number>",
      "above 0 samples instead of taking the likeliest (default: 0)",
      parseNumber,
    )
    .option("--top-k <count>", "sample from so many tokens (default: all)", parseInteger)
    .option("--top-p <number>", "sample from this probability mass (default: 1)", parseNumber)
    .option("--seed <number>", "of the sampling (default: 0)", parseInteger)
    .addOption(choice("--variant <name>", "what counts as a score (default: paper)", ANSWER_VARIANTS))
    .addOption(
      choice("--template <name>", "layout of the prompt (default: the checkpoint's)", TEMPLATE_NAMES),
    )
    .option("--prompt <file>", PROMPT_FILE);
}

function choice(flags: string, description: string, names: readonly string[]): Option {
  return new Option(flags, description).choices(names);
}

/**
 * What the flags say of scoring, with the prompt file's content in its place; other flags are left out.
 *
 * @throws {EngineError} E_FORMAT for the file; E_OPTION when the template needs a question and there is none, and for
 *   numbers out of their range: nothing is loaded yet.
 */
export async function inferOptions({ prompt, ...flags }: InferFlags): Promise<ScoreManyOptions> {
  const asked = prompt === undefined ? {} : await readPrompt(prompt);
  checkTemplate(flags.template ?? "default", asked);
  checkInferOptions(flags);
  batchSizeOf(flags);
  const own = Object.entries(flags).filter(
    ([name]) => name === "batchSize" || Object.hasOwn(INFER_OPTIONS, name),
  );
  return { ...Object.fromEntries(own), ...asked };
}

/** How a command loads its model, with a line on standard error that says how far it is. */
export function loadOptions({ model, slowfast, device, dtype, threads }: ModelFlags): LoadOptions {
  return { onProgress: byteProgress(`loading ${model}`), slowfast, device, dtype, threads };
}

export function parseInteger(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number.");
}

export function parseNumber(text: string): number {
  const value = decimalNumber(text);
  if (value !== null) return value;
  throw new InvalidArgumentError("expected a number.");
}
