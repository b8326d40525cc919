/** One frame as planar 4:2:0 bytes, and the toroidal texture that content is painted on. Plain data. */
import { FRAME_BYTES, SIDE } from "./geometry.js";

/** Luma [SIDE, SIDE] and two chroma planes [SIDE/2, SIDE/2], views of one buffer. */
export interface Frame {
  readonly bytes: Uint8ClampedArray;
  readonly luma: Uint8ClampedArray;
  readonly blue: Uint8ClampedArray;
  readonly red: Uint8ClampedArray;
}

export function newFrame(): Frame {
  const bytes = new Uint8ClampedArray(FRAME_BYTES);
  const whole = SIDE * SIDE;
  const quarter = whole / 4;
  return {
    bytes,
    luma: bytes.subarray(0, whole),
    blue: bytes.subarray(whole, whole + quarter),
    red: bytes.subarray(whole + quarter),
  };
}

/** Side of a texture; a power of two, so that wrapping is a bit mask. */
export const TEXTURE = 256;

/** Shades 0..255, [TEXTURE, TEXTURE], continuous across its borders. */
export type Texture = Uint8ClampedArray;

export function newTexture(): Texture {
  return new Uint8ClampedArray(TEXTURE * TEXTURE);
}
