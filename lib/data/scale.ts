/** Rating scales and the straight line between two of them. */
import { z } from "zod";

export const scaleSchema = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(({ min, max }) => min < max, { message: "expected min below max" });

/** The ends of a rating scale; higher is better. */
export type Scale = z.output<typeof scaleSchema>;

/** Reads "1..5", "0-100" and the like; null when the text is no scale. */
export function parseScale(text: string): Scale | null {
  const ends = /^\s*(-?\d+(?:\.\d+)?)\s*(?:\.\.|-|:)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  const scale = { min: Number(ends?.[1]), max: Number(ends?.[2]) };
  return scale.min < scale.max ? scale : null;
}

/** The score that stands at the same place of another scale. */
export function rescale(score: number, from: Scale, to: Scale): number {
  return to.min + ((score - from.min) / (from.max - from.min)) * (to.max - to.min);
}
