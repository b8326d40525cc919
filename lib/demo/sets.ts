/** The demonstration's videos: rendered into the run folder, held-out ones opened once for both evaluations. */
import { join } from "node:path";
import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { limiterOf } from "../core/limiter.js";
import type { Progress } from "../core/screen.js";
import type { ManifestEntry } from "../data/entry.js";
import { readManifest } from "../data/manifest.js";
import type { Clip, Model } from "../model/types.js";
import type { SetKind } from "../synthetic/geometry.js";
import { renderSet } from "../synthetic/render-set.js";
import { HELD_OUT_VIDEOS, TRAIN_VIDEOS } from "./options.js";

/** Held-out sets: the name in the report → the kind of clips. */
export const HELD_OUT = {
  inDomain: "in-domain",
  unseenContent: "unseen-content",
  unseenDistortion: "unseen-distortion",
} as const satisfies Record<string, SetKind>;

export type HeldOutName = keyof typeof HELD_OUT;
export const HELD_OUT_NAMES = Object.keys(HELD_OUT) as HeldOutName[];

/** Renders the training set and the three held-out sets into `dir`, a manifest each. */
export async function renderSets(
  dir: string,
  seed: number,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<void> {
  const kinds: [SetKind, number][] = [
    ["train", TRAIN_VIDEOS],
    ...HELD_OUT_NAMES.map((name): [SetKind, number] => [HELD_OUT[name], HELD_OUT_VIDEOS]),
  ];
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  let before = 0;
  for (const [kind, count] of kinds) {
    const passed = before;
    const progress = (done: number) => onProgress(passed + done, total);
    await renderSet({ kind, count, seed, dir, signal, onProgress: progress });
    before += count;
  }
}

/** The lists that `renderSets` writes beside the training list. */
export function manifestsIn(dir: string): Record<HeldOutName, string> {
  const entries = HELD_OUT_NAMES.map((name) => [name, join(dir, `${HELD_OUT[name]}.jsonl`)]);
  return Object.fromEntries(entries) as Record<HeldOutName, string>;
}

export const trainingListIn = (dir: string): string => join(dir, "train.jsonl");

export interface OpenedSet {
  readonly name: HeldOutName;
  readonly entries: readonly ManifestEntry[];
  /** One per entry. */
  readonly clips: readonly Clip[];
}

/** ffmpeg processes at a time. */
const OPENING_AT_ONCE = 3;

/** Decodes every held-out video, once; the caller disposes of the clips. */
export async function openSets(
  model: Model,
  manifests: Readonly<Record<HeldOutName, string>>,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<OpenedSet[]> {
  const plan = clipPlanOf(model.settings, {}, signal);
  const limit = limiterOf(OPENING_AT_ONCE);
  const opened: Clip[] = [];
  let done = 0;
  try {
    const lists = await Promise.all(
      HELD_OUT_NAMES.map(async (name) => ({ name, entries: await readManifest(manifests[name]) })),
    );
    const total = lists.reduce((sum, { entries }) => sum + entries.length, 0);
    const open = async ({ video }: ManifestEntry) => {
      const clip = await model.openClip(video, plan);
      opened.push(clip);
      onProgress(++done, total);
      return clip;
    };
    return await Promise.all(
      lists.map(async ({ name, entries }) => ({
        name,
        entries,
        clips: await allSettledOrThrow(entries.map((entry) => limit(() => open(entry)))),
      })),
    );
  } catch (error) {
    for (const clip of opened) clip.dispose();
    throw error;
  }
}

/** Waits for every task before the first failure is thrown, so that nothing opens afterwards. */
async function allSettledOrThrow<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}
