/** Whom a video is compared with: other videos of its step. Knows no score. */
import { z } from "zod";
import { checkInteger, checkOneOf } from "../core/check.js";
import { Draws, streamOf } from "../core/rng.js";
import type { RewardBatch, Variant } from "./reward.js";

const CHOICES = ["drawn", "block"] as const;
const WITHIN = ["step", "dataset"] as const;

/** Which videos a video is compared with. */
export interface OpponentOptions {
  /** How many other videos each one is compared with, or "all". Default: 1 for "paper" (its formula has one), "all" for "released". */
  opponents?: number | "all" | undefined;
  /**
   * "drawn" (default): from a named stream. "block": the videos of a step, in their order, are cut into blocks of
   * opponents + 1, and each meets the others of its block, as on a process of the released trainer.
   */
  choice?: (typeof CHOICES)[number] | undefined;
  /** "step" (default): all videos of the step may be opponents. "dataset": those of the same dataset, whose labels are on one scale. */
  within?: (typeof WITHIN)[number] | undefined;
}

export const opponentKeys = {
  opponents: z
    .union([z.literal("all"), z.int().min(1)])
    .optional()
    .describe('Videos each one is compared with. Default: 1 for "paper", "all" for "released".'),
  choice: z
    .enum(CHOICES)
    .default("drawn")
    .describe("Drawn anew for each video (ours), or blocks of opponents + 1 in the step's order (released)."),
  within: z
    .enum(WITHIN)
    .default("step")
    .describe(
      "Opponents from the whole step (released), or from the video's own dataset (VisualQuality-R1).",
    ),
};

/** @returns of a batch, the places of the opponents of its video i; empty where there is none. @throws {EngineError} E_OPTION. */
export function opponentsOf(
  variant: Variant,
  options: OpponentOptions,
): (batch: RewardBatch, i: number) => number[] {
  const count = options.opponents ?? (variant === "paper" ? 1 : "all");
  if (count !== "all") checkInteger("opponents", count, 1);
  const choice = checkOneOf("choice", options.choice ?? "drawn", CHOICES);
  const within = checkOneOf("within", options.within ?? "step", WITHIN);
  return (batch, i) => {
    // Without a label nobody can say who is better.
    const places = Array.from(batch.videos.keys()).filter((j) => !Number.isNaN(batch.videos[j]?.target));
    const { dataset, id } = batch.videos[i] ?? { dataset: undefined, id: "" };
    const peers = within === "step" ? places : places.filter((j) => batch.videos[j]?.dataset === dataset);
    const others = peers.filter((j) => j !== i);
    if (count === "all" || count >= others.length) return others;
    if (choice === "block") return blockOf(peers, i, count + 1).filter((j) => j !== i);
    const draws = new Draws(streamOf("opponents", batch.seed, batch.step, id));
    return Array.from(draws.shuffled(others).subarray(0, count));
  };
}

/** The block of `size` consecutive places that `place` is in; what fills no last block belongs to the one before. */
export function blockOf(places: readonly number[], place: number, size: number): number[] {
  const blocks = Math.max(1, Math.floor(places.length / size));
  const block = Math.min(Math.floor(places.indexOf(place) / size), blocks - 1);
  return places.slice(block * size, block === blocks - 1 ? undefined : (block + 1) * size);
}
