/** Decoded clips of a run's videos: each is opened once and kept, as far as memory allows. */
import { EngineError } from "../core/errors.js";
import { limiterOf } from "../core/limiter.js";
import { present } from "../data/presence.js";
import type { Clip, ClipPlan } from "../model/types.js";
import type { TrainVideo } from "./video.js";

export type OpenedClip =
  | { readonly clip: Clip; readonly error: null }
  | { readonly clip: null; readonly error: EngineError };

export interface Readable {
  readonly video: TrainVideo;
  readonly clip: Clip;
}

export interface Skipped {
  readonly video: TrainVideo;
  readonly error: EngineError;
}

/** ffmpeg processes at a time: one start costs more than its decoding. */
const OPENING_AT_ONCE = 2;

export class ClipStore {
  readonly #openClip: (path: string) => Promise<Clip>;
  readonly #plan: ClipPlan;
  readonly #capacityBytes: number;
  readonly #limit = limiterOf(OPENING_AT_ONCE);
  /** By path, the longest unused first. */
  readonly #clips = new Map<string, Promise<OpenedClip>>();

  /** @param openClip  opens by this plan. */
  constructor(openClip: (path: string) => Promise<Clip>, plan: ClipPlan, capacityMiB: number) {
    this.#openClip = openClip;
    this.#plan = plan;
    this.#capacityBytes = capacityMiB * 2 ** 20;
  }

  /**
   * The clip of a video, or why it cannot be read. The store keeps the clip; do not dispose it.
   *
   * @throws whatever else than E_MEDIA opening throws, the signal's reason included; the video may then be tried again.
   */
  open(video: TrainVideo): Promise<OpenedClip> {
    const opened = this.#clips.get(video.path) ?? this.#limit(() => this.#open(video));
    this.#clips.delete(video.path);
    this.#clips.set(video.path, opened);
    opened.catch(() => this.#clips.delete(video.path));
    return opened;
  }

  /**
   * The clips of a step's videos, and the videos that cannot be read.
   *
   * @throws as `open`.
   */
  async openAll(
    videos: readonly TrainVideo[],
  ): Promise<{ readonly readable: readonly Readable[]; readonly skipped: readonly Skipped[] }> {
    const opened = await Promise.all(videos.map(async (video) => ({ video, ...(await this.open(video)) })));
    this.#plan.signal?.throwIfAborted();
    const readable = opened.flatMap(({ video, clip }) => (clip === null ? [] : [{ video, clip }]));
    const skipped = opened.flatMap(({ video, error }) => (error === null ? [] : [{ video, error }]));
    return { readable, skipped };
  }

  /** Is one of these videos still there, and can it be read? @throws as `open`. */
  async anyReadable(videos: readonly TrainVideo[]): Promise<boolean> {
    for (const video of videos) {
      const { clip } = await this.open(video);
      this.#plan.signal?.throwIfAborted();
      // A clip may outlive its file: a disk that is gone is not seen by its kept clips.
      if (clip !== null && (await present([{ video: video.path }]))[0]) return true;
    }
    return false;
  }

  /** Lets go of clips that are too many, the longest unused first, but of none of these. */
  async trim(needed: readonly TrainVideo[]): Promise<void> {
    const kept = new Set(needed.map(({ path }) => path));
    const bytes = this.#plan.frames * this.#plan.size ** 2 * 3;
    for (const [path, opened] of this.#clips) {
      if (this.#clips.size * bytes <= this.#capacityBytes) return;
      if (kept.has(path)) continue;
      this.#clips.delete(path);
      (await opened).clip?.dispose();
    }
  }

  async dispose(): Promise<void> {
    const all = [...this.#clips.values()];
    this.#clips.clear();
    for (const opened of await Promise.allSettled(all)) {
      if (opened.status === "fulfilled") opened.value.clip?.dispose();
    }
  }

  async #open(video: TrainVideo): Promise<OpenedClip> {
    try {
      return { clip: await this.#openClip(video.path), error: null };
    } catch (error) {
      if (error instanceof EngineError && error.code === "E_MEDIA") return { clip: null, error };
      throw error;
    }
  }
}
