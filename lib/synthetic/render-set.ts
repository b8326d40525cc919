/**
 * Sets of synthetic clips: mp4 files with a manifest of scores, or decoded frames straight away. Every pixel and score
 * is a function of (kind, seed, index); kinds share no random stream, so nothing held out is ever seen in training.
 */
import { join } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import { checkInteger } from "../core/check.js";
import { makeFolder } from "../core/durable.js";
import { findTool } from "../video/tools.js";
import { batches, inParallel } from "./batches.js";
import { encodeAndDecode, encodeFiles } from "./encode.js";
import type { SetKind } from "./geometry.js";
import { planClip, type SyntheticPlan } from "./plan.js";
import { renderClip } from "./render.js";

export interface SetOptions {
  readonly kind: SetKind;
  /** Clips, ≥ 1. */
  readonly count: number;
  readonly seed: number;
  /** Index of the first clip; 0 when absent. */
  readonly first?: number | undefined;
  /** Encoders at once; 2 when absent. Changes no byte. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, count: number) => void) | undefined;
}

export interface RenderedSet {
  /** `<dir>/<kind>.jsonl`: `id`, `video` (relative to the manifest), `score`, `dataset`, `scale` a line. */
  readonly manifest: string;
  /** `<dir>/<kind>.facts.jsonl`: content and severities of each clip, for the curious; no reader needs it. */
  readonly facts: string;
  /** Paths of the mp4 files, by index. */
  readonly videos: readonly string[];
}

/**
 * Renders a set to `<dir>/<kind>/<index>.mp4` with its manifest. The manifest is written last: it exists when all is there.
 *
 * @throws {EngineError} E_OPTION for a count below 1; E_NO_FFMPEG, E_MEDIA from ffmpeg; E_FORMAT for what
 *                       cannot be written; the signal's reason when aborted.
 */
export async function renderSet(options: SetOptions & { readonly dir: string }): Promise<RenderedSet> {
  const plans = planSet(options);
  const folder = join(options.dir, options.kind);
  await makeFolder(folder);
  await overBatches(plans, options, async (batch, encode) => {
    const paths = batch.map((plan) => join(options.dir, listed(plan).video));
    await encodeFiles(batch.map(painter), paths, folder, encode);
  });
  const facts = join(options.dir, `${options.kind}.facts.jsonl`);
  const fact = ({ content, severities }: SyntheticPlan, i: number) => ({
    id: listed(plans[i] as SyntheticPlan).id,
    content,
    severities,
  });
  await writeAtomic(facts, jsonl(plans.map(fact)));
  const manifest = join(options.dir, `${options.kind}.jsonl`);
  await writeAtomic(manifest, jsonl(plans.map(listed)));
  return { manifest, facts, videos: plans.map((plan) => join(options.dir, listed(plan).video)) };
}

/** A clip's line of its set's manifest; `video` is relative to that. */
export function listed({ kind, seed, index, score }: SyntheticPlan) {
  const video = `${kind}/${String(index).padStart(5, "0")}.mp4`;
  const scale = { min: 1, max: 5 };
  return { id: `${kind}-${seed}-${index}`, video, score, dataset: `synthetic-${kind}`, scale };
}

/**
 * Renders a set without files: each clip's frames as its mp4 would decode to them.
 *
 * @param onClip  called once a clip, in any order, with RGB bytes [FRAMES, SIDE, SIDE, 3] that are the callee's to keep.
 * @throws {EngineError} as `renderSet`.
 */
export async function renderFrames(
  options: SetOptions,
  onClip: (plan: SyntheticPlan, rgb: Uint8Array) => void,
): Promise<void> {
  await overBatches(planSet(options), options, async (batch, encode) => {
    await encodeAndDecode(batch.map(painter), (i, rgb) => onClip(batch[i] as SyntheticPlan, rgb), encode);
  });
}

const painter = (plan: SyntheticPlan) => () => renderClip(plan);

/** The plans of a set, in order, with no pixel drawn. */
export function planSet({ kind, count, seed, first = 0 }: SetOptions): SyntheticPlan[] {
  checkInteger("count", count, 1);
  checkInteger("seed", seed, 0);
  checkInteger("first", first, 0);
  return Array.from({ length: count }, (_, i) => planClip(kind, seed, first + i));
}

type Encode = Parameters<typeof encodeFiles>[3];

async function overBatches(
  plans: readonly SyntheticPlan[],
  options: SetOptions,
  work: (batch: readonly SyntheticPlan[], encode: Encode) => Promise<void>,
): Promise<void> {
  // One failure ends the other encoders too.
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const ffmpeg = findTool("ffmpeg");
  const workers = checkInteger("workers", options.workers ?? 2, 1);
  let done = 0;
  await inParallel(batches(plans), workers, async ({ quantiser, plans: batch }) => {
    try {
      await work(batch, { ffmpeg, quantiser, signal });
    } catch (error) {
      stop.abort(error);
      throw error;
    }
    done += batch.length;
    options.onProgress?.(done, plans.length);
  });
}

function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
