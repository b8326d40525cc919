/** What a run asks about each of its videos: layout and texts from configuration, list and checkpoint. */
import { optionError } from "../core/check.js";
import type { Model } from "../model/types.js";
import { presetOf } from "../presets/presets.js";
import { buildPrompt, type PromptSlots, type PromptWording } from "../text/prompt.js";
import { checkPrompt, promptDifferences } from "../text/prompt-check.js";
import { readPrompt } from "../text/prompt-file.js";
import { type AskedText, checkTemplate, templateWording } from "../text/templates.js";
import type { TrainVideo } from "../train/video.js";
import type { RunKeys } from "./keys.js";

type Asking = Pick<TrainVideo, "question">;

/**
 * The text that every video is asked, from the configuration's prompt file; null where the list or the checkpoint says it.
 *
 * @throws {EngineError} E_FORMAT for the file; E_OPTION when the template needs a question and a video has none, and for a
 *   preset without a prompt file: a list's question says nothing of the form of an answer.
 */
export async function readRunPrompt(
  { template, prompt, preset }: RunKeys,
  videos: readonly Asking[],
): Promise<AskedText | null> {
  const asked = prompt === undefined ? null : await readPrompt(prompt);
  if (asked === null && preset !== undefined) {
    const hint = "its words are not kept here: --prompt FILE gives them (docs/presets.md)";
    throw optionError(
      "prompt",
      `a file with ${presetOf(preset).prompt}, for preset ${preset}`,
      undefined,
      hint,
    );
  }
  for (const { question } of videos) checkTemplate(template, asked ?? { question });
  return asked;
}

/** The prompt file, else the list's question, else the checkpoint's; the default template asks the checkpoint's alone. */
function askedOf(
  { template }: Pick<RunKeys, "template">,
  asked: AskedText | null,
  { question }: Asking,
): AskedText {
  return asked ?? (template === "default" ? {} : { question });
}

/** The wording of all videos of a run; undefined where their list asks each its own question. */
export function commonWording(
  config: Pick<RunKeys, "template">,
  model: Model,
  asked: AskedText | null,
  videos: readonly Asking[],
): PromptWording | undefined {
  const questions = new Set(videos.map(({ question }) => askedOf(config, asked, { question }).question));
  if (questions.size !== 1) return undefined;
  const [question] = questions;
  return templateWording(config.template, model.settings.prompt, asked ?? { question });
}

/** Ids of a video's prompt; equal questions are encoded once. */
export function promptIds(
  config: Pick<RunKeys, "template">,
  model: Pick<Model, "settings" | "tokenizer">,
  slots: PromptSlots,
  asked: AskedText | null,
): (video: Asking) => Int32Array {
  const known = new Map<string, Int32Array>();
  return (video) => {
    const wording = templateWording(config.template, model.settings.prompt, askedOf(config, asked, video));
    const ids = known.get(wording.question) ?? buildPrompt(model.tokenizer, wording, slots);
    known.set(wording.question, ids);
    return ids;
  };
}

/** What may not be meant: questions that are not asked, and a released template without the released prompt. */
export function promptWarnings(
  config: Pick<RunKeys, "template">,
  model: Model,
  frames: number,
  asked: AskedText | null,
  videos: readonly Asking[],
): string[] {
  const { template } = config;
  const listed = videos.find(({ question }) => question !== undefined);
  if (template === "default") {
    if (asked !== null || listed === undefined) return [];
    return ["the list's questions are not asked: template default asks the checkpoint's own"];
  }
  if (template === "internvl-video") return [];
  const texts = askedOf(config, asked, listed ?? {});
  const check = checkPrompt({
    template,
    frames,
    motion: model.hasMotion,
    own: model.settings.prompt,
    ...texts,
  });
  const differences = promptDifferences(check);
  if (differences.length === 0) return [];
  return [`template ${template}, but not the released prompt: ${differences.join("; ")}`];
}
