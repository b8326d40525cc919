/** Our own key in a checkpoint's config.json: how the model wants to be asked and read. Knows nothing of tensors. */
import { z } from "zod";

/** Unknown keys are refused: this part of the file is ours, so one is a typing error. */
export const ownSettings = z.strictObject({
  /** Frames sampled from a video. */
  frames: z.int().positive(),
  /** Ends of the scale that the answers are on. */
  scale: z
    .strictObject({ min: z.number(), max: z.number() })
    .refine(({ min, max }) => min < max, "expected min below max"),
  /** True for a model that shows how things work and judges no real footage. */
  demonstration: z.literal(true).optional(),
  /** Shown to the user wherever the model scores something. */
  note: z.string().optional(),
});

export type OwnSettings = z.infer<typeof ownSettings>;
