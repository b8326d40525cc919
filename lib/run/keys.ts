/**
 * The keys of a run's configuration that every method has. Every default says where it is from: paper (VQAThinker),
 * released (its public trainer), or ours.
 */
import { z } from "zod";
import { SHIPPED_TOLD } from "../checkpoint/shipped.js";
import { rulesSchema } from "../core/rules.js";
import { belowOne, count, path, positive } from "../core/schema.js";
import { scaleSchema } from "../data/scale.js";
import { isDevice, LEAST_EPSILON, OPTIMIZER_STATES } from "../model/limits.js";
import { TEMPLATE_NAMES } from "../text/templates.js";
import { FRAME_SAMPLINGS } from "../video/frame-plan.js";
import { evaluationKeys } from "./evaluation-keys.js";
import { inputsSchema } from "./inputs.js";
import { loraSchema } from "./lora-keys.js";
import { scheduleKeys } from "./schedule-keys.js";

const text = z.string();

export const runKeys = {
  model: path.default("tiny-start").describe(`Checkpoint folder, or ${SHIPPED_TOLD}.`),
  slowfast: path.optional().describe("SlowFast's weights, converted, for a model without motion parts."),
  data: path
    .optional()
    .describe("List of training videos with scores (docs/data.md); relative to the working directory."),
  out: path.describe("Run folder to make."),
  preset: text
    .optional()
    .describe("Settings by name under those given here (docs/presets.md): paper, released or a rival's."),
  videos: path
    .optional()
    .describe("Folder that the videos are in; default: the list's own, of a dataset the working directory."),
  motion: z
    .boolean()
    .default(true)
    .describe(
      "SlowFast's token in the prompt, where the checkpoint has motion parts. Paper; table 4 without.",
    ),
  columns: text
    .optional()
    .describe("What data calls its columns: video=File_name,score=MOS, or numbers without a header."),
  delimiter: text.optional().describe('What separates the cells of data: one character, or "tab".'),
  epochs: count.default(3).describe("Passes over the data when steps is absent. Paper."),
  steps: count.optional().describe("Update steps; default: as many as the epochs hold."),
  seed: z.int().min(0).default(42).describe("Names every random stream. Released."),
  device: text
    .refine(isDevice, { message: "expected auto, cpu or cuda" })
    .default("cpu")
    .describe(
      "cpu, cuda (the first card that is visible) or auto (that card when it can be used, else the CPU).",
    ),
  dtype: z.enum(["float32", "bfloat16"]).default("float32").describe("Storage and arithmetic. Ours."),
  threads: count
    .optional()
    .describe(
      "Threads of the process that compute, the engine's and those that resize; default: as many as the machine offers.",
    ),

  videosPerStep: count.default(32).describe("N, videos of one update. Released; the paper says 64."),
  oneDataset: z
    .boolean()
    .default(false)
    .describe(
      "All videos of an update are of one dataset of the list, whose labels are on one scale. VisualQuality-R1.",
    ),

  ...scheduleKeys,
  maxGradNorm: positive.default(1).describe("Global gradient norm is clipped to this. Released."),
  optimizer: z
    .strictObject({
      beta1: belowOne.default(0.9).describe("Released."),
      beta2: belowOne.default(0.999).describe("Released."),
      epsilon: z.number().min(LEAST_EPSILON).default(1e-8).describe("Released."),
      weightDecay: z.number().min(0).default(0).describe("Of all but biases and norms. Released."),
      states: z
        .enum(OPTIMIZER_STATES)
        .default("float32")
        .describe("Numbers that both moments are kept in. Ours."),
      masters: z
        .boolean()
        .default(true)
        .describe("Float32 masters beside bfloat16 weights, which are else rounded stochastically. Ours."),
    })
    .prefault({})
    .describe("AdamW."),
  trainable: z
    .array(z.enum(["vision", "projector", "language", "motionProjector", "adapters"]))
    .min(1)
    .default(["vision", "projector", "language", "motionProjector"])
    .describe(
      "Parts that change; SlowFast stays frozen. With lora adapters and, where there is one, motionProjector. Paper.",
    ),
  lora: loraSchema.optional(),
  recompute: z
    .boolean()
    .default(false)
    .describe("Compute activations of tower and decoder again in the backward, to save memory. Ours."),
  microTokens: count.optional().describe("Most rows in one micro-batch; default: 16384. Ours."),
  microVideos: count
    .optional()
    .describe("Most videos in one micro-batch; default, without microTokens: as many as memory holds. Ours."),
  memoryGiB: positive
    .optional()
    .describe("Memory that the run may take of its device; default: all, less a twentieth. Ours."),

  frames: count.optional().describe("Frames of a video; default: the checkpoint's. Released: 6."),
  imageSize: count.optional().describe("Side of a frame, pixels; default: the checkpoint's. Released: 448."),
  sampling: z
    .enum(FRAME_SAMPLINGS)
    .optional()
    .describe("Which frames, as fragments cut by the checkpoint's settings; default: the checkpoint's."),
  template: z
    .enum(TEMPLATE_NAMES)
    .default("default")
    .describe("Layout of the prompt; default: the checkpoint's own. Released: released-train."),
  prompt: path
    .optional()
    .describe(
      "Text file with the question, and below it the instruction; relative to the working directory.",
    ),
  labelScale: positive
    .default(1)
    .describe("Scores in data are multiplied by this; 20 makes MOS of the released training labels."),
  labelRange: scaleSchema
    .optional()
    .describe("Scale of the multiplied scores; default: each line's own, else the model's."),
  clipCacheMiB: z
    .int()
    .min(0)
    .default(4096)
    .describe("Decoded frames kept in memory for later epochs. Ours."),
  checkpointEvery: count
    .default(100)
    .describe("Steps between checkpoints; the last step always has one. Released."),
  keep: count
    .optional()
    .describe("Newest checkpoints to keep, older ones being removed; default: all. Ours."),
  tensorboard: z
    .boolean()
    .default(true)
    .describe("The steps' measures for TensorBoard in the run folder's tensorboard. Ours."),
  ...evaluationKeys,
  inputs: inputsSchema
    .optional()
    .describe("What list, prompt and weights are known by. Written by the run; a new one writes its own."),
  rules: rulesSchema
    .optional()
    .describe(
      "By which rules the run counts (docs/training.md). Written by the run: new ones have the latest.",
    ),
};

/** With every default filled in. */
export type RunKeys = z.output<z.ZodObject<typeof runKeys>>;
