/** What a checkpoint folder is, without loading it: layout, sizes, memory it takes, and everything that does not fit. */

import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { checkImageSize, checkVisualTokens } from "../checkpoint/fit.js";
import { type ModelSettings, readSettings } from "../checkpoint/settings.js";
import { slotsOf } from "../checkpoint/slots.js";
import { imageTokenOf, tokenizerOf } from "../checkpoint/special-tokens.js";
import { type ModelFacts, type Survey, surveyCheckpoint } from "../checkpoint/survey.js";
import { checkInteger, checkNumber, checkPath } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { type FamilyName, familyOf } from "../layout/families.js";
import type { LayoutName } from "../layout/layouts.js";
import { isStatistic, type MappedParameter } from "../layout/parameters.js";
import type { ModelGeometry } from "../native/binding.js";
import { buildPrompt } from "../text/prompt.js";
import { checkPrompt, type PromptCheck, promptDifferences } from "../text/prompt-check.js";
import { type AskedText, RELEASED_VIEWS, templateWording } from "../text/templates.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { scoreBytes, valuesOf } from "./memory-plan.js";
import { type TrainPlanName, type TrainPlanned, trainPlans } from "./train-plans.js";

/** New tokens that the plan for scoring counts with. */
const NEW_TOKENS = 4;
/** Tokens of a prompt's text where there is no tokenizer to count them. */
const PROMPT_TEXT = 300;

export interface Parameters {
  readonly vision: number;
  readonly projector: number;
  readonly language: number;
  /** SlowFast and its projector. */
  readonly motion: number;
  readonly total: number;
}

/** What a checkpoint holds and needs, found without loading it. */
export interface Inspection extends Pick<ModelFacts, "tied"> {
  readonly dir: string;
  readonly layout: LayoutName;
  /** The published size with these widths; null when there is none. */
  readonly family: FamilyName | null;
  /** Storage types of the tensors, the commonest first. */
  readonly dtypes: readonly string[];
  readonly files: number;
  readonly fileBytes: number;
  readonly tensors: number;
  readonly geometry: Survey["config"]["geometry"];
  /** Trainable values; running statistics are not counted. */
  readonly parameters: Parameters;
  readonly tokensPerVideo: {
    readonly frames: number;
    readonly imageSize: number;
    readonly perFrame: number;
    readonly motion: number;
    /** Slots and text. */
    readonly prompt: number;
  };
  /** Without one the model cannot be asked anything: it loads, and `score` and `train` refuse it. */
  readonly hasTokenizer: boolean;
  /** The prompt that scoring would use, held against the released ones. */
  readonly prompt: Pick<PromptCheck, "characters" | "sha256" | "released" | "comparedWith"> & {
    readonly template: string;
    readonly differences: readonly string[];
  };
  readonly memory: {
    /** Peak resident bytes of scoring one video on the CPU in float32 with four new tokens. */
    readonly scoreBytes: number;
    /** The same weights and plan in bfloat16, as on a card. */
    readonly scoreBytesBfloat16: number;
    /**
     * Training steps of eight videos, four answers of 256 tokens to each, on one card: with one video in a micro-batch, or
     * with as many as fit the card that was named.
     */
    readonly train: Readonly<Record<TrainPlanName, TrainPlanned>>;
  };
  /** Tensors that are left out, by reason. */
  readonly skipped: readonly { readonly why: string; readonly names: readonly string[] }[];
  /** One line for each thing that does not fit; `loadModel` refuses a folder with any. */
  readonly problems: readonly string[];
}

export function countParameters(mapped: readonly MappedParameter[]): Parameters {
  const counted = mapped.filter((one) => !isStatistic(one));
  const sum = (...roots: readonly string[]): number =>
    valuesOf(counted.filter(({ parameter }) => roots.some((root) => parameter.startsWith(`${root}.`))));
  return {
    vision: sum("vision"),
    projector: sum("projector"),
    language: sum("language"),
    motion: sum("motion", "motion_projector"),
    total: valuesOf(counted),
  };
}

function byReason({ skipped }: Survey): Inspection["skipped"] {
  const reasons = [...new Set(skipped.map(({ why }) => why))];
  return reasons.map((why) => ({
    why,
    names: skipped.filter((one) => one.why === why).map(({ name }) => name),
  }));
}

/** The commonest first. */
function dtypesOf({ stored }: Survey): string[] {
  const counts = new Map<string, number>();
  for (const { dtype } of stored.values()) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([dtype]) => dtype);
}

/** The tokenizer and what is wrong with it: a folder that does not load is still worth a look. */
async function tokenizerIn(survey: Survey): Promise<{ tokenizer: Tokenizer | null; problems: string[] }> {
  let tokenizer: Tokenizer | null = null;
  try {
    tokenizer = await tokenizerOf(survey);
    imageTokenOf(survey, tokenizer);
    return { tokenizer, problems: [] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { tokenizer, problems: [error.message] };
  }
}

export interface InspectOptions extends AskedText {
  /** Default "default", the checkpoint's own. */
  readonly template?: string | undefined;
  /** Frames and side of a frame, pixels; default: 6 and 448 for "released-train", else the checkpoint's settings. */
  readonly frames?: number | undefined;
  readonly imageSize?: number | undefined;
  /** Memory of the card that training is planned for; default: none. */
  readonly cardBytes?: number | undefined;
}

const INSPECT_OPTIONS: Names<InspectOptions> = {
  template: true,
  question: true,
  instruction: true,
  frames: true,
  imageSize: true,
  cardBytes: true,
};

function framePlan(
  settings: ModelSettings,
  { vision: { patch } }: Survey["config"]["geometry"],
  { template, frames, imageSize }: InspectOptions,
): { frames: number; imageSize: number } {
  const usual = template === "released-train" ? RELEASED_VIEWS.train : settings;
  const side = imageSize ?? usual.imageSize;
  if (imageSize !== undefined) checkImageSize(patch, imageSize);
  const plan = {
    frames: checkInteger("frames", frames ?? usual.frames, 1),
    imageSize: checkInteger("imageSize", side, 1),
  };
  if (frames !== undefined || imageSize !== undefined)
    checkVisualTokens(slotsOf(patch, plan.frames, side, false), side);
  // The released training shows no fragments, whatever the checkpoint is shown.
  if (template !== "released-train") clipPlanOf(settings, plan);
  return plan;
}

function promptOf(
  survey: Survey,
  { frames, prompt: own }: ModelSettings,
  options: InspectOptions,
): Inspection["prompt"] {
  const { template = "default" } = options;
  const check = checkPrompt({ ...options, template, frames, motion: survey.hasMotion, own });
  const { characters, sha256, released, comparedWith } = check;
  return { template, characters, sha256, released, comparedWith, differences: promptDifferences(check) };
}

function tokensOf(
  survey: Survey,
  settings: ModelSettings,
  tokenizer: Tokenizer | null,
  options: InspectOptions,
): Inspection["tokensPerVideo"] {
  const { frames, imageSize } = settings;
  const slots = slotsOf(survey.config.geometry.vision.patch, frames, imageSize, survey.hasMotion);
  const { visualTokens: perFrame } = slots;
  const motion = slots.motion ? 1 : 0;
  const prompt =
    tokenizer === null
      ? frames * (perFrame + 2) + PROMPT_TEXT
      : buildPrompt(
          tokenizer,
          templateWording(options.template ?? "default", settings.prompt, options),
          slots,
        ).length;
  return { frames, imageSize, perFrame, motion, prompt };
}

/**
 * Reads config.json, the headers of the weight files, settings and tokenizer; opens no libtorch.
 *
 * @throws {EngineError} E_FORMAT when config.json or a header cannot be understood at all; what merely does not fit
 *   is listed in `problems`. E_OPTION for what is no path, an unknown option, a template that is unknown or lacks its
 *   question, for frames that the checkpoint's positions do not hold, and as clipPlanOf.
 */
export async function inspectCheckpoint(dir: string, options: InspectOptions = {}): Promise<Inspection> {
  checkPath("dir", dir);
  checkOptions(options, INSPECT_OPTIONS);
  if (options.cardBytes !== undefined) checkNumber("cardBytes", options.cardBytes, 1, Number.MAX_VALUE);
  const survey = await surveyCheckpoint(dir);
  const { config, stored, mapped } = survey;
  const own = await readSettings(dir);
  const settings = { ...own, ...framePlan(own, config.geometry, options) };
  const { tokenizer, problems } = await tokenizerIn(survey);
  const tokensPerVideo = tokensOf(survey, settings, tokenizer, options);
  const geometry: ModelGeometry = { ...config.geometry, imageToken: config.imageToken ?? 0 };
  const { frames, imageSize } = settings;
  const view = { frames, imageSize, promptTokens: tokensPerVideo.prompt };
  const plan = { ...view, size: imageSize, newTokens: NEW_TOKENS };
  return {
    dir,
    layout: config.layout,
    family: familyOf(config),
    dtypes: dtypesOf(survey),
    files: new Set([...stored.values()].map(({ file }) => file)).size,
    fileBytes: [...stored.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    tensors: stored.size,
    geometry: config.geometry,
    tied: survey.tied,
    parameters: countParameters(mapped),
    tokensPerVideo,
    hasTokenizer: tokenizer !== null,
    prompt: promptOf(survey, settings, options),
    memory: {
      scoreBytes: scoreBytes(geometry, mapped, { ...plan, dtype: "float32" }),
      scoreBytesBfloat16: scoreBytes(geometry, mapped, { ...plan, dtype: "bfloat16" }),
      train: trainPlans(
        { config, parameters: mapped },
        { ...view, hasMotion: survey.hasMotion },
        options.cardBytes,
      ),
    },
    skipped: byReason(survey),
    problems: [...(survey.cause === null ? [] : [survey.cause]), ...survey.problems, ...problems],
  };
}
