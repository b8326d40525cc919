/**
 * How a checkpoint wants to be asked: frames, size, rating scale, wording. Read from `vqathinker.json`
 * beside the weights; what that file does not say has the defaults below.
 */
import { join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { isJsonObject, readJsonIfThere } from "../core/json.js";
import { count, parseWith } from "../core/schema.js";
import { scaleSchema } from "../data/scale.js";
import { ANSWER_VARIANTS } from "../text/answer.js";
import { readSystemMessage } from "../text/conversation.js";
import { RELEASED_VIEWS } from "../text/templates.js";
import { FRAGMENTS } from "../video/fragments.js";
import { FRAME_SAMPLINGS } from "../video/frame-plan.js";

export const SETTINGS_FILE = "vqathinker.json";

export const settingsSchema = z.strictObject({
  frames: count
    .default(RELEASED_VIEWS.test.frames)
    .describe("Frames per video. Default: the released test setting."),
  imageSize: count
    .default(RELEASED_VIEWS.test.imageSize)
    .describe("Side of a frame, pixels. Default: the released test setting."),
  sampling: z
    .enum(FRAME_SAMPLINGS)
    .default("released")
    .describe("Which frames are taken, and, as fragments, cut (docs/video.md). Default: the released plan."),
  fragments: z
    .strictObject({
      patch: count
        .default(FRAGMENTS.patch)
        .describe("Side of a patch, pixels of the video; divides imageSize. Ours."),
      neighbours: count
        .default(FRAGMENTS.neighbours)
        .describe("Frames that follow each other and are cut at the same places. Ours."),
      seed: z.int().min(0).default(FRAGMENTS.seed).describe("Names the random places. Ours."),
    })
    .prefault({})
    .describe("How fragments are taken, where sampling asks for them."),
  scale: scaleSchema
    .default({ min: 1, max: 5 })
    .describe("Ends of the rating scale that the model answers on."),
  maxNewTokens: count.default(1024).describe("Most tokens of an answer. Default: the released test setting."),
  prompt: z
    .strictObject({
      system: z
        .string()
        .nullable()
        .default(null)
        .describe("System message; null for no system turn. Default: the checkpoint's own."),
      lead: z.string().default("Video:\n").describe("Before the frames."),
      frame: z.string().default("Frame{i}: ").describe("Before each frame; {i} counts from 1."),
      frameEnd: z.string().default("\n").describe("After each frame."),
      motion: z.string().default("Motion: ").describe("Before the motion slot."),
      motionEnd: z.string().default("\n").describe("After the motion slot."),
      question: z
        .string()
        .default(
          "Rate the quality of this video from 1 (bad) to 5 (excellent), with two decimals. " +
            "Reason inside <think></think>, then give the score inside <answer></answer>.",
        )
        .describe("After the visual slots, when a score is wanted."),
    })
    .prefault({})
    .describe("Wording of the user's turn."),
  answers: z
    .enum(ANSWER_VARIANTS)
    .default("paper")
    .describe(
      "What counts as a score in an answer. Default: the paper's one number of the last answer block.",
    ),
  notice: z.string().nullable().default(null).describe("Said wherever this checkpoint scores a video."),
});

/** How the model was trained to see and to ask, as its checkpoint says. */
export type ModelSettings = z.output<typeof settingsSchema>;

/** Before the notice of the checkpoint that a run began with. */
const TRAINED = "Trained from a checkpoint of which is said: ";

/** How a run showed and asked: what a checkpoint of it wants from then on. */
export type TrainedSettings = {
  readonly [K in "frames" | "imageSize" | "sampling" | "fragments" | "maxNewTokens" | "answers" | "prompt"]:
    | ModelSettings[K]
    | undefined;
};

/**
 * Has a checkpoint that a run has trained be asked as the run asked, and say its notice of the one that the run began with.
 * What the run leaves open stays.
 */
export async function markTrained(dir: string, asked: TrainedSettings): Promise<void> {
  const file = join(dir, SETTINGS_FILE);
  const found = (await readJsonIfThere(file)) ?? {};
  const notice = found["notice"];
  const told =
    typeof notice === "string" && !notice.startsWith(TRAINED) ? { notice: `${TRAINED}${notice}` } : {};
  const said = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  await writeJsonAtomic(file, { ...found, ...said, ...told });
}

/**
 * The settings of a checkpoint folder, or of an adapter on one. A system message that vqathinker.json says, null included, wins over the one
 * that the checkpoint brings itself (lib/text/conversation.ts).
 *
 * @param checkpoint  where the checkpoint's own message is, if not in the same folder.
 * @throws {EngineError} E_FORMAT when the file is there and does not parse or does not fit, or the checkpoint's own
 *   message cannot be read for certain.
 */
export async function readSettings(dir: string, checkpoint = dir): Promise<ModelSettings> {
  const file = join(dir, SETTINGS_FILE);
  const found = (await readJsonIfThere(file)) ?? {};
  const settings = parseWith(settingsSchema, found, file);
  const { prompt } = found;
  if (isJsonObject(prompt) && prompt["system"] !== undefined) return settings;
  return { ...settings, prompt: { ...settings.prompt, system: await readSystemMessage(checkpoint) } };
}
