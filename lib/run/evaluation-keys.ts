/** The keys of a run's own evaluations. */
import { z } from "zod";
import { count, path } from "../core/schema.js";

export const evaluationKeys = {
  evalData: path
    .optional()
    .describe(
      "List of videos that are scored while the run goes on; its columns are called as those of data.",
    ),
  evalVideos: path.optional().describe("Folder that its videos are in; default: the list's own."),
  evalEvery: count
    .optional()
    .describe("Steps between evaluations, the last step's among them; default: checkpointEvery. Ours."),
  evalSamples: count
    .default(1)
    .describe("Answers to each of its videos; a video's score is the mean of theirs. Ours."),
  evalTemperature: z
    .number()
    .min(0)
    .default(0)
    .describe("Of their sampling; 0 takes the likeliest token, for one answer. Ours."),
  patience: count
    .optional()
    .describe("End after so many evaluations in a row without a higher SRCC; default: never. Ours."),
};

export type EvaluationKeys = z.output<z.ZodObject<typeof evaluationKeys>>;
