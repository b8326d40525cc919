/**
 * The memory of a run before its model is opened: what it will take, by which micro-batches, and what would do where it
 * does not fit.
 */

import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { EngineError } from "../core/errors.js";
import { hostMemory } from "../core/own-memory.js";
import { percent } from "../core/percent.js";
import { binary } from "../core/size-text.js";
import { batchSizeOf } from "../infer/score-many.js";
import type { MemoryShape } from "../inspection/held-memory.js";
import { waysToFit } from "../inspection/memory-ways.js";
import { type Micro, planRun, type RunSettings } from "../inspection/run-memory.js";
import type { Model } from "../model/types.js";
import { MICRO_TOKENS } from "../native/training.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";
import type { AnswerNeeds, PreparedMethod } from "../train/method.js";
import { type Material, trainVideo } from "./dataset.js";
import type { RunKeys } from "./keys.js";
import { promptIds } from "./prompts.js";
import type { Resolved } from "./resolve.js";

const GIB = 2 ** 30;
/** Of a device's memory, what a run leaves: to ffmpeg and the system, on a card to what lies free between tensors. */
const RESERVE = 0.05;
/** So many of the longest texts are counted in tokens: which has most of them is not known before. */
const LONGEST = 16;

/** What a run's device has. Bytes; null where its driver does not tell. */
export interface Room {
  readonly device: "cpu" | "cuda";
  readonly total: number | null;
  /** Of the total what nobody else holds, where that is known. */
  readonly free: number | null;
}

/** Of this machine. */
export function hostRoom(): Room {
  return { device: "cpu", ...hostMemory() };
}

/** What a plan needs to know of a model that is not opened, and of its device. */
export interface RunLook {
  readonly shape: MemoryShape;
  readonly model: Pick<Model, "tokenizer" | "settings" | "slots">;
  readonly room: Room;
}

/** Keys of a run that decide its memory; a method has more of them. */
type Keys = RunKeys & { readonly maxNewTokens?: number | undefined };

/** What a run may take, and where that is from, in words. */
interface Allowed {
  readonly bytes: number;
  readonly why: string;
}

/**
 * By what there is, not by what is free at the moment: the same configuration has the same micro-batches on the same machine,
 * whoever else is at work there.
 */
function allowedBy({ memoryGiB }: Keys, { device, total }: Room): Allowed {
  if (memoryGiB !== undefined) return { bytes: memoryGiB * GIB, why: "memoryGiB" };
  if (total === null) return { bytes: Infinity, why: "the driver does not tell the card's memory" };
  const whose = device === "cpu" ? "this machine" : "the card";
  const bytes = (1 - RESERVE) * total;
  return { bytes, why: `${whose} has ${binary(total)}, of which ${percent(RESERVE)} are left alone` };
}

/** A run that fits a machine may not fit beside what else is at work there. */
function crowded({ peakBytes }: PlannedMemory, { device, free }: Room): string[] {
  if (free === null || peakBytes <= free) return [];
  const whose = device === "cpu" ? "this machine" : "the card";
  return [
    `memory: the run is planned to take ${binary(peakBytes)}, and ${whose} has ${binary(free)} free: others hold the rest`,
  ];
}

/** The longest texts first. */
function longest<T>(all: readonly T[], text: (one: T) => string): T[] {
  return [...all].sort((a, b) => text(b).length - text(a).length).slice(0, LONGEST);
}

function settingsOf(
  config: Keys,
  { entries, asked, evaluation }: Material,
  method: PreparedMethod<object>,
  look: RunLook,
): RunSettings {
  const { model, room } = look;
  const { frames, size: imageSize, fragments } = clipPlanOf(model.settings, config);
  const videos = entries.map((entry) => trainVideo(entry, config.labelRange, model.settings.scale));
  const ids = promptIds(config, model, model.slots(frames, imageSize), asked);
  const questions = [...new Map(videos.map((video) => [video.question ?? "", video])).values()];
  const promptTokens = Math.max(
    ...longest(questions, ({ question }) => question ?? "").map((one) => ids(one).length),
  );
  const needs: AnswerNeeds = method.answers(videos, (texts) =>
    Math.max(...longest(texts, (text) => text).map((text) => model.tokenizer.encode(text).length)),
  );
  const { dtype, trainable, optimizer, recompute, videosPerStep, clipCacheMiB } = config;
  const maxNewTokens = config.maxNewTokens ?? model.settings.maxNewTokens;
  return {
    device: room.device,
    ...{ dtype, trainable, recompute, videosPerStep, clipCacheMiB, frames, imageSize, promptTokens },
    neighbours: fragments?.neighbours,
    lora: config.lora,
    states: optimizer.states,
    masters: optimizer.masters,
    reference: method.reference,
    ...needs,
    oldPolicy: method.oldPolicy === "epoch",
    clips: new Set(videos.map(({ path }) => path)).size,
    evaluation:
      evaluation === null
        ? null
        : {
            prompts: Math.min(batchSizeOf({}), evaluation.length),
            samples: config.evalSamples,
            maxNewTokens,
          },
  };
}

/** Micro-batches that a configuration asks for. */
function askedMicro({ microTokens, microVideos }: Keys): Micro | undefined {
  if (microTokens === undefined && microVideos === undefined) return undefined;
  return { microTokens: microTokens ?? MICRO_TOKENS, microVideos };
}

/** A run's configuration with its micro-batches, and its plan. */
export interface PlannedRun {
  readonly config: Resolved;
  readonly memory: PlannedMemory;
  /** What is to be said of it. */
  readonly warnings: readonly string[];
}

function planned(
  config: Resolved,
  material: Material,
  method: PreparedMethod<object>,
  look: RunLook,
  micro: Micro | undefined,
) {
  const settings = settingsOf(config, material, method, look);
  const allowed = allowedBy(config, look.room);
  return { settings, allowed, memory: planRun(look.shape, settings, allowed.bytes, micro) };
}

/**
 * Plans a run: by the micro-batches that its configuration names, else by the largest ones with which it fits. Which they
 * are is part of the configuration from then on, because sums are rounded by them.
 *
 * @throws {EngineError} E_MEMORY, of a card E_OUT_OF_MEMORY, for a run that takes more than there is, with what would do.
 */
export function plannedRun(
  config: Resolved,
  material: Material,
  method: PreparedMethod<object>,
  look: RunLook,
): PlannedRun {
  const { settings, allowed, memory } = planned(config, material, method, look, askedMicro(config));
  if (memory.peakBytes > allowed.bytes) throw misfit(memory, allowed, look.shape, settings, config);
  const { microTokens, microVideos } = memory;
  const warnings = crowded(memory, look.room);
  return { config: { ...config, microTokens, microVideos }, memory, warnings };
}

/**
 * The same of a run that goes on: by the micro-batches that it began with, which before there was a choice were as large as
 * the trainer's are. It is not refused: that it fits has been seen, if not here.
 */
export function replannedRun(
  config: Resolved,
  material: Material,
  method: PreparedMethod<object>,
  look: RunLook,
): PlannedRun {
  const micro = askedMicro(config) ?? { microTokens: MICRO_TOKENS };
  const { allowed, memory } = planned(config, material, method, look, micro);
  const { bytes, why } = allowed;
  const [takes, may] = [binary(memory.peakBytes), binary(bytes)];
  const tight = `memory: the run is planned to take ${takes}, and may take ${may} (${why}): it may end for want of it`;
  const warnings = [...(memory.peakBytes > bytes ? [tight] : []), ...crowded(memory, look.room)];
  return { config, memory, warnings };
}

function misfit(
  plan: PlannedMemory,
  { bytes, why }: Allowed,
  shape: MemoryShape,
  settings: RunSettings,
  config: Keys,
): EngineError {
  const { peakBytes, widest, microVideos } = plan;
  const ways = waysToFit(shape, settings, bytes).map(({ changes, adapters, peakBytes: needed }) => {
    // Rates of parts are of those that train without them.
    const rates = adapters && config.learningRates !== undefined ? ["no learningRates"] : [];
    return `${[...changes, ...rates].join(", ")} (${binary(needed)})`;
  });
  const smaller = askedMicro(config) === undefined ? [] : smallerMicro(shape, settings, bytes);
  const videos = microVideos === 1 ? "one video" : `up to ${microVideos} videos`;
  const what = widest === "update" ? `an update with ${videos} in a micro-batch` : `the ${widest}`;
  const all = [...smaller, ...ways];
  const todo =
    all.length === 0
      ? "nothing that is tried would fit: a smaller model would"
      : `what would fit: ${all.join("; ")}`;
  const message = `the run is planned to take ${binary(peakBytes)}, in ${what}, and may take ${binary(bytes)} (${why}); ${todo}`;
  const details = { plannedBytes: peakBytes, availableBytes: bytes };
  return new EngineError(plan.device === "cpu" ? "E_MEMORY" : "E_OUT_OF_MEMORY", message, { details });
}

/** Micro-batches that are not asked for may do. */
function smallerMicro(shape: MemoryShape, settings: RunSettings, bytes: number): string[] {
  const { microVideos, peakBytes } = planRun(shape, settings, bytes);
  return peakBytes > bytes ? [] : [`microVideos ${microVideos} (${binary(peakBytes)})`];
}
