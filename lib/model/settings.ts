/**
 * How a checkpoint wants to be asked: frames, size, rating scale, wording. Read from `vqathinker.json`
 * beside the weights; a checkpoint without that file gets the defaults below.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../core/errors.js";
import { scaleSchema } from "../data/scale.js";

export const SETTINGS_FILE = "vqathinker.json";

export const settingsSchema = z.strictObject({
  frames: z.int().min(1).default(12).describe("Frames per video. Default: the released test setting."),
  imageSize: z
    .int()
    .min(1)
    .default(560)
    .describe("Side of a frame, pixels. Default: the released test setting."),
  sampling: z.enum(["released", "uniform"]).default("released").describe("Which frames are taken."),
  scale: scaleSchema
    .default({ min: 1, max: 5 })
    .describe("Ends of the rating scale that the model answers on."),
  maxNewTokens: z
    .int()
    .min(1)
    .default(1024)
    .describe("Most tokens of an answer. Default: the released test setting."),
  prompt: z
    .strictObject({
      system: z.string().nullable().default(null).describe("System message; null for no system turn."),
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
  notice: z.string().nullable().default(null).describe("Said wherever this checkpoint scores a video."),
});

export type ModelSettings = z.output<typeof settingsSchema>;

/** @throws {EngineError} E_FORMAT when the file is there and does not parse or does not fit. */
export async function readSettings(dir: string): Promise<ModelSettings> {
  const file = join(dir, SETTINGS_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return settingsSchema.parse({});
    throw new EngineError("E_FORMAT", `${file} cannot be read: ${String(cause)}`, {
      details: { file },
      cause,
    });
  }
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new EngineError("E_FORMAT", `${file}: expected JSON, found ${String(cause)}`, {
      details: { file },
      cause,
    });
  }
  const result = settingsSchema.safeParse(found);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new EngineError(
    "E_FORMAT",
    `${file}: ${issue?.path.join(".") || "top level"}: ${issue?.message ?? "invalid"}`,
    {
      details: { file },
    },
  );
}
