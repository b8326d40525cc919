/** What a made model is: its shape, its words and how it is asked. Data; what is made of it is in the other files here. */

import type { ModelSettings } from "../../lib/checkpoint/settings.js";
import type { SlowFastSizes } from "../../lib/layout/slowfast.js";

/** Widths and depths of an HF-native InternVL checkpoint with SlowFast. */
export interface Shape {
  readonly frames: number;
  readonly imageSize: number;
  readonly patch: number;
  readonly vision: {
    readonly hidden: number;
    readonly layers: number;
    readonly heads: number;
    readonly intermediate: number;
    readonly layerScale: number;
  };
  readonly language: {
    readonly hidden: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly intermediate: number;
    readonly positions: number;
  };
  readonly motion: SlowFastSizes;
}

/** The words that a tokenizer knows whole. */
export interface Words {
  /** After a space, each one token. */
  readonly spaced: readonly string[];
  /** At the start of a line, each one token. */
  readonly opening: readonly string[];
}

export interface Family {
  readonly shape: Shape;
  readonly words: Words;
  /** vqathinker.json but frames and size, which the shape says. */
  readonly settings: Partial<ModelSettings>;
}
