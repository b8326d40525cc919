/** The synthetic clips that are learned from and measured on where the user has no lists. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../core/errors.js";
import { encodeAndDecode } from "../synthetic/encode.js";
import type { SetKind } from "../synthetic/geometry.js";
import { renderClip } from "../synthetic/render.js";
import { planSet, renderSet } from "../synthetic/render-set.js";
import { findTool, requireTools } from "../video/tools.js";
import type { AblationEvent } from "./event.js";
import { type Plan, renderedList } from "./options.js";

/** The clips are the same for every seed of a learning. */
const CLIP_SEED = 1;
const HELD_OUT: readonly SetKind[] = ["in-domain", "unseen-content", "unseen-distortion"];

type Counts = NonNullable<Plan["clips"]>;

function missing({ out }: Plan, { train, heldOut }: Counts): { kind: SetKind; count: number }[] {
  const all = [
    { kind: "train" as SetKind, count: train },
    ...HELD_OUT.map((kind) => ({ kind, count: heldOut })),
  ];
  return all.filter(({ kind }) => !existsSync(renderedList(out, kind)));
}

/**
 * One clip is encoded and decoded again, without a file.
 *
 * @throws {EngineError} E_NO_FFMPEG without ffmpeg, and for one that has no x264; nothing where all clips are there.
 */
export async function requireEncoder(plan: Plan, signal: AbortSignal | undefined): Promise<void> {
  requireTools();
  if (plan.clips === null || missing(plan, plan.clips).length === 0) return;
  const ffmpeg = findTool("ffmpeg");
  const [first] = planSet({ kind: "train", count: 1, seed: CLIP_SEED });
  if (first === undefined) return;
  const options = { ffmpeg, quantiser: 20, signal: signal ?? new AbortController().signal };
  await encodeAndDecode([() => renderClip(first)], () => {}, options).catch((cause: unknown) => {
    if (!(cause instanceof EngineError) || cause.code !== "E_MEDIA") throw cause;
    const message =
      `${ffmpeg} cannot encode H.264, which the synthetic clips are made in: install an ffmpeg with libx264, or name lists ` +
      `of videos (data, inDomain, outOfDomain); it says: ${cause.message}`;
    throw new EngineError("E_NO_FFMPEG", message, { cause });
  });
}

/** Renders what is not there yet. @throws {EngineError} as renderSet; the signal's reason after an abort. */
export async function renderClips(
  plan: Plan,
  counts: Counts,
  signal: AbortSignal | undefined,
  tell: (event: AblationEvent) => void,
): Promise<void> {
  const sets = missing(plan, counts);
  const total = sets.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  for (const { kind, count } of sets) {
    const dir = dirname(renderedList(plan.out, kind));
    const onProgress = (done: number) => tell({ type: "rendering", done: before + done, count: total });
    await renderSet({ kind, count, seed: CLIP_SEED, dir, signal, onProgress });
    before += count;
  }
}
