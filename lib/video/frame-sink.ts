/** Cuts what ffmpeg writes into frames. Knows no plan and no file. */
import { Writable } from "node:stream";
import type { VideoFacts } from "./probe.js";

/**
 * Takes one frame: RGB bytes [height, width, 3], valid until the returned promise settles.
 *
 * @param position  place in the plan, not in the video.
 */
export type OnFrame = (
  position: number,
  rgb: Uint8Array,
  width: number,
  height: number,
) => void | Promise<void>;

/** Cuts ffmpeg's byte stream into frames; the next byte is taken when `onFrame` is done. */
export class FrameSink extends Writable {
  /** Frames that were handed over. */
  delivered = 0;
  failure: { error: unknown } | null = null;
  readonly #width: number;
  readonly #height: number;
  readonly #places: readonly (readonly number[])[];
  readonly #onFrame: OnFrame;
  readonly #frame: Uint8Array;
  readonly #picture: Uint8Array;
  readonly #first: number | null;
  #filled = 0;
  #isAstray = false;

  /**
   * @param places  [frames]: places in the plan that each frame takes.
   * @param first   where each frame has a line more, whose colour is its number: that of the first. From the first frame that
   *                has another one on, nothing is handed over.
   */
  constructor(
    { width, height }: VideoFacts,
    places: readonly (readonly number[])[],
    onFrame: OnFrame,
    first: number | null = null,
  ) {
    super();
    this.#width = width;
    this.#height = height;
    this.#first = first;
    this.#places = places;
    this.#onFrame = onFrame;
    this.#frame = new Uint8Array(width * (height + (first === null ? 0 : 1)) * 3);
    this.#picture = this.#frame.subarray(0, width * height * 3);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#take(chunk).then(
      () => done(),
      (error: unknown) => {
        this.failure = { error };
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  async #take(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isAstray; ) {
      const part = chunk.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#frame.length) return;
      this.#isAstray = this.#first !== null && this.#colour() !== this.#first + this.delivered;
      if (this.#isAstray) return;
      for (const position of this.#places[this.delivered] ?? [])
        await this.#onFrame(position, this.#picture, this.#width, this.#height);
      this.delivered++;
      this.#filled = 0;
    }
  }

  /** Of the last line, as one number. */
  #colour(): number {
    const [red = 0, green = 0, blue = 0] = this.#frame.subarray(this.#picture.length);
    return (red << 16) | (green << 8) | blue;
  }
}
