/** A picture in memory. A type and nothing else. */

/** RGB bytes [height, width, 3]. */
export interface Picture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}
