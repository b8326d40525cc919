/** Held-out clips that are decoded once for all models that are measured on them, as far as memory allows. */
import type { Scorer } from "../infer/scorer.js";
import type { Clip } from "../model/types.js";

/** A clip that stays open when its judge is done with it. */
interface Kept {
  readonly clip: Clip;
  readonly frameTimes: Float64Array;
  readonly notice?: string | undefined;
  dispose(): void;
}

export class ClipKeeper {
  readonly #clips = new Map<string, Clip>();
  readonly #capacityBytes: number;
  #bytes = 0;

  constructor(capacityMiB: number) {
    this.#capacityBytes = capacityMiB * 2 ** 20;
  }

  /** The same scorer, but clips that fit are kept. All scorers of a keeper see frames of one number, size and choice. */
  keeping(scorer: Scorer<Clip>): Scorer<Kept> {
    const { scale, notice } = scorer;
    return {
      scale,
      notice,
      open: async (path, signal) => {
        const found = this.#clips.get(path);
        if (found !== undefined) return given(found, false);
        const clip = await scorer.open(path, signal);
        return given(clip, !this.#keep(path, clip));
      },
      score: (videos, signal) =>
        scorer.score(
          videos.map(({ clip }) => clip),
          signal,
        ),
    };
  }

  #keep(path: string, clip: Clip): boolean {
    const bytes = clip.frames * clip.size ** 2 * 3;
    if (this.#bytes + bytes > this.#capacityBytes || this.#clips.has(path)) return false;
    this.#bytes += bytes;
    this.#clips.set(path, clip);
    return true;
  }

  dispose(): void {
    for (const clip of this.#clips.values()) clip.dispose();
    this.#clips.clear();
  }
}

/** @param ends  Is it disposed of when it was judged? */
function given(clip: Clip, ends: boolean): Kept {
  const { frameTimes, notice } = clip;
  return { clip, frameTimes, notice, dispose: () => (ends ? clip.dispose() : undefined) };
}
