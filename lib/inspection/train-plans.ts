/** Runs that are planned for a checkpoint that somebody looks at: what they learn with on one card. Pure. */
import { DECODER_LINEARS } from "../adapter/modules.js";
import type { TrainablePart } from "../native/binding.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";
import type { LoraSpec, MemoryShape } from "./held-memory.js";
import { type Way, waysToFit } from "./memory-ways.js";
import { planRun, type RunSettings, SMALLEST } from "./run-memory.js";

/** A step of these runs; frames and prompt are the checkpoint's own. */
export const PLANNED_STEP = { videosPerStep: 8, samples: 4, maxNewTokens: 256 } as const;
/** Of a card's memory, what a run leaves alone. */
const USABLE = 0.95;
const ALL_BUT_MOTION: readonly TrainablePart[] = ["vision", "projector", "language", "motionProjector"];
const LORA: LoraSpec = { targets: DECODER_LINEARS, rank: 64 };

type Learning = Pick<RunSettings, "dtype" | "states" | "masters" | "lora">;

/** What each learns with, in words and in settings. */
export const TRAIN_PLANS = {
  float32: { says: "float32, AdamW in float32", dtype: "float32", states: "float32", masters: true },
  full: {
    says: "bfloat16, float32 masters, AdamW in float32",
    dtype: "bfloat16",
    states: "float32",
    masters: true,
  },
  eightBit: {
    says: "bfloat16, float32 masters, AdamW in 8 bits",
    dtype: "bfloat16",
    states: "8bit",
    masters: true,
  },
  narrow: {
    says: "bfloat16, no masters, AdamW in 8 bits",
    dtype: "bfloat16",
    states: "8bit",
    masters: false,
  },
  lora: {
    says: `bfloat16, LoRA of rank ${LORA.rank} on the decoder, AdamW in float32`,
    dtype: "bfloat16",
    states: "float32",
    masters: true,
    lora: LORA,
  },
} as const satisfies Record<string, Learning & { readonly says: string }>;

/** One of TRAIN_PLANS. */
export type TrainPlanName = keyof typeof TRAIN_PLANS;
export const TRAIN_PLAN_NAMES = Object.keys(TRAIN_PLANS) as TrainPlanName[];

/** The same run without and with recomputed activations. */
export interface TrainPlanned {
  readonly kept: PlannedMemory;
  readonly recompute: PlannedMemory;
  /** Settings with which it would fit the card, the first costing it least; empty where it fits, or none does. */
  readonly ways: readonly Way[];
}

/** How the checkpoint is asked. */
export interface PlannedView {
  readonly frames: number;
  readonly imageSize: number;
  readonly promptTokens: number;
  readonly hasMotion: boolean;
}

/**
 * GRPO with a KL term (`beta` above 0, so that a reference is kept) on one card, with the default cache of clips full.
 *
 * @param cardBytes  its memory: micro-batches are the largest with which the run fits; undefined for one video in each.
 */
export function trainPlans(
  shape: MemoryShape,
  { hasMotion, ...view }: PlannedView,
  cardBytes?: number,
): Record<TrainPlanName, TrainPlanned> {
  const parts = ALL_BUT_MOTION.filter((part) => hasMotion || part !== "motionProjector");
  const available = cardBytes === undefined ? Infinity : USABLE * cardBytes;
  const settingsOf = (learning: Learning, recompute: boolean): RunSettings => ({
    ...PLANNED_STEP,
    ...view,
    ...learning,
    recompute,
    trainable: learning.lora === undefined ? parts : ["adapters"],
    device: "cuda",
    reference: true,
    rollout: true,
    twinSamples: 0,
    twinsDecoded: false,
    oldPolicy: false,
    clips: Infinity,
    clipCacheMiB: 4096,
    evaluation: null,
  });
  const planned = (settings: RunSettings) =>
    planRun(shape, settings, available, cardBytes === undefined ? SMALLEST : undefined);
  const all = Object.entries<Learning>(TRAIN_PLANS).map(([name, learning]) => {
    const [kept, recompute] = [settingsOf(learning, false), settingsOf(learning, true)];
    const again = planned(recompute);
    const ways = again.peakBytes <= available ? [] : waysToFit(shape, kept, available);
    return [name, { kept: planned(kept), recompute: again, ways }];
  });
  return Object.fromEntries(all) as Record<TrainPlanName, TrainPlanned>;
}
