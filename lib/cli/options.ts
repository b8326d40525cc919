/** Flags that several commands share, and the reading of their values. */
import { type Command, InvalidArgumentError } from "commander";
import { SHIPPED_TOLD } from "../checkpoint/shipped.js";
import { decimalNumber } from "../core/decimal.js";
import { byteProgress } from "../core/progress.js";
import { batchSizeOf, type ScoreManyOptions } from "../infer/score-many.js";
import { checkInferOptions, SCORE_OPTIONS } from "../infer/session.js";
import type { LoadOptions } from "../model/types.js";
import { ANSWER_VARIANTS } from "../text/answer.js";
import { readPrompt } from "../text/prompt-file.js";
import { checkTemplate, TEMPLATE_NAMES, type TemplateName } from "../text/templates.js";
import { flag } from "./flag.js";

export interface ModelFlags {
  readonly model: string;
  readonly adapter?: string;
  readonly slowfast?: string;
  readonly device?: string;
  readonly dtype?: "float32" | "bfloat16";
  readonly threads?: number;
}

type SamplingFlags = Pick<
  ScoreManyOptions,
  | "batchSize"
  | "frames"
  | "imageSize"
  | "maxNewTokens"
  | "temperature"
  | "topK"
  | "topP"
  | "seed"
  | "variant"
  | "expected"
>;

export interface InferFlags extends SamplingFlags {
  readonly template?: TemplateName;
  /** Path of the file with what is asked. */
  readonly prompt?: string;
}

const CHECKPOINTS = "the checkpoint's";

/** What the file of --prompt holds. */
export const PROMPT_FILE = "text file with the question, and below it the instruction; or a training list";

export function addModelFlags(command: Command): Command {
  return command
    .hook("preAction", ownBase)
    .addOption(
      flag("--model <dir>", `checkpoint or adapter folder, or ${SHIPPED_TOLD}`, {
        usual: "small",
      }).default("small"),
    )
    .addOption(
      flag("--adapter <dir>", "folder of a LoRA adapter to put on the model, or on the base that it names"),
    )
    .addOption(
      flag("--slowfast <file>", "SlowFast's weights, converted, for a checkpoint without motion parts"),
    )
    .addOption(
      flag("--device <name>", "auto, cpu or cuda; auto takes a card that can be used", { usual: "auto" }),
    )
    .addOption(flag("--dtype <name>", "arithmetic", { choices: ["float32", "bfloat16"], usual: "float32" }))
    .addOption(
      flag("--threads <count>", "threads that compute, and as many that resize frames", {
        read: parseInteger,
        usual: "all cores",
      }),
    );
}

/** An adapter without a model is on the base that it names, and not on the usual model. */
function ownBase(command: Command): void {
  const { adapter } = command.opts<ModelFlags>();
  if (adapter === undefined || command.getOptionValueSource("model") !== "default") return;
  command.setOptionValue("model", adapter);
  command.setOptionValue("adapter", undefined);
}

export function addInferFlags(command: Command): Command {
  const flags = [
    flag("--batch-size <count>", "videos answered together", { read: parseInteger, usual: "8" }),
    flag("--frames <count>", "frames of a video", { read: parseInteger, usual: CHECKPOINTS }),
    flag("--image-size <pixels>", "side of a frame", { read: parseInteger, usual: CHECKPOINTS }),
    flag("--max-new-tokens <count>", "most tokens of an answer", { read: parseInteger, usual: CHECKPOINTS }),
    flag("--temperature <number>", "above 0 samples instead of taking the likeliest", {
      read: parseNumber,
      usual: "0",
    }),
    flag("--top-k <count>", "sample from so many tokens", { read: parseInteger, usual: "all" }),
    flag("--top-p <number>", "sample from this probability mass", { read: parseNumber, usual: "1" }),
    flag("--seed <number>", "of the sampling", { read: parseInteger, usual: "0" }),
    flag("--variant <name>", "what counts as a score", { choices: ANSWER_VARIANTS, usual: CHECKPOINTS }),
    flag(
      "--expected",
      "beside the score, the mean of the numbers that could stand in the answer, by their probability",
      { source: "as Q-Align's over level words" },
    ),
    flag("--template <name>", "layout of the prompt", { choices: TEMPLATE_NAMES, usual: CHECKPOINTS }),
    flag("--prompt <file>", PROMPT_FILE),
  ];
  for (const one of flags) command.addOption(one);
  return command;
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
    ([name]) => name === "batchSize" || Object.hasOwn(SCORE_OPTIONS, name),
  );
  return { ...Object.fromEntries(own), ...asked };
}

/** How a command loads its model, with a line on standard error that says how far it is. */
export function loadOptions({ model, adapter, slowfast, device, dtype, threads }: ModelFlags): LoadOptions {
  return { onProgress: byteProgress(`loading ${model}`), adapter, slowfast, device, dtype, threads };
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
