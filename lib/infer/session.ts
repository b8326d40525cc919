/** What scoring and asking share: options, a clip with its prompt, the sampling of one answer. */
import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { checkFlag, checkInteger, checkOneOf } from "../core/check.js";
import type { Names } from "../core/known-options.js";
import { streamOf } from "../core/rng.js";
import { checkSampling } from "../model/sampling.js";
import type { Clip, ClipPlan, Model, Prompt } from "../model/types.js";
import { ANSWER_VARIANTS, type AnswerVariant } from "../text/answer.js";
import { buildPrompt } from "../text/prompt.js";
import { type AskedText, type TemplateName, templateWording } from "../text/templates.js";
import { checkFrameSampling, type FrameSampling } from "../video/frame-plan.js";
import { checkExpected, type WrittenAnswer } from "./expected.js";

export interface InferOptions extends AskedText {
  /** Layout of the prompt; default "default", the checkpoint's own. */
  readonly template?: TemplateName | undefined;
  /**
   * Frames, size and choice of frames; default: the checkpoint's settings. "fragments" are taken as these say; of a checkpoint
   * that is shown fragments the frames that a function chooses are cut, too.
   */
  readonly frames?: number | undefined;
  readonly imageSize?: number | undefined;
  readonly sampling?: FrameSampling | undefined;
  /** Default: the checkpoint's settings. */
  readonly maxNewTokens?: number | undefined;
  /** Default 0, greedy. */
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  /** Names the random stream when the temperature is above 0; default 0. */
  readonly seed?: number | undefined;
  /** What counts as a score; default: the checkpoint's settings. */
  readonly variant?: AnswerVariant | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const INFER_OPTIONS: Names<InferOptions> = {
  question: true,
  instruction: true,
  template: true,
  frames: true,
  imageSize: true,
  sampling: true,
  maxNewTokens: true,
  temperature: true,
  topK: true,
  topP: true,
  seed: true,
  variant: true,
  signal: true,
};

/** How a score is asked for. */
export interface ScoreOptions extends InferOptions {
  /** Also reads the mean of the numbers that could stand in the answer, by their probability: docs/prompts.md. Default false. */
  readonly expected?: boolean | undefined;
}

export const SCORE_OPTIONS: Names<ScoreOptions> = { ...INFER_OPTIONS, expected: true };

/** Looks at the options alone, so that wrong ones are refused before anything is loaded. @throws {EngineError} E_OPTION. */
export function checkInferOptions(options: ScoreOptions): void {
  const { frames = 1, imageSize = 1, maxNewTokens = 1, temperature = 0, topK, topP } = options;
  checkInteger("frames", frames, 1);
  checkInteger("imageSize", imageSize, 1);
  if (options.sampling !== undefined) checkFrameSampling(options.sampling);
  checkSampling({ maxNewTokens, temperature, topK, topP });
  if (options.variant !== undefined) checkOneOf("variant", options.variant, ANSWER_VARIANTS);
  if (options.expected !== undefined) checkFlag("expected", options.expected);
}

/** What of a model decides how it is asked. */
type AskedModel = Pick<Model, "settings" | "slots" | "tokenizer">;

/**
 * @throws {EngineError} E_OPTION as checkInferOptions, for a size that this model's patches do not fill, and as clipPlanOf.
 */
export function clipPlan(model: AskedModel, options: InferOptions): ClipPlan {
  checkInferOptions(options);
  const plan = clipPlanOf(model.settings, options, options.signal);
  model.slots(plan.frames, plan.size);
  return plan;
}

/**
 * The same question about the same clip has the same stream, in whatever batch it is asked.
 *
 * @param question  default: that of the options, with their instruction; else the checkpoint's.
 */
export function promptFor(model: Model, clip: Clip, options: InferOptions, question?: string): Prompt {
  const asked = question === undefined ? options : { question };
  const inputIds = promptIds(model, clip, options.template, asked);
  return { inputIds, clip, stream: streamOf("answer", options.seed ?? 0), samples: 1 };
}

function promptIds(
  model: AskedModel,
  { frames, size }: Pick<Clip, "frames" | "size">,
  template: TemplateName = "default",
  asked: AskedText = {},
): Int32Array {
  const wording = templateWording(template, model.settings.prompt, asked);
  return buildPrompt(model.tokenizer, wording, model.slots(frames, size));
}

/**
 * What asking about any video would refuse.
 *
 * @throws {EngineError} E_OPTION as clipPlan and checkExpected, and for a text that no prompt can hold; E_FORMAT without a tokenizer.
 */
export function checkAsking(model: AskedModel, options: ScoreOptions): void {
  promptIds(model, clipPlan(model, options), options.template, options);
  checkExpected(options.expected, options.variant ?? model.settings.answers, model);
}

/** One answer per prompt. */
export async function answerAll(
  model: Model,
  prompts: readonly Prompt[],
  options: InferOptions,
): Promise<WrittenAnswer[]> {
  const { groups } = await model.generate({
    prompts,
    maxNewTokens: options.maxNewTokens ?? model.settings.maxNewTokens,
    temperature: options.temperature ?? 0,
    topK: options.topK,
    topP: options.topP,
    signal: options.signal,
  });
  return groups.map((group) => {
    const tokens = group[0]?.tokens ?? new Int32Array();
    return { tokens, text: model.tokenizer.decode(tokens) };
  });
}
