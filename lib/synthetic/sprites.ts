/** Flat shapes that bounce over the scene: hard edges in every clip, whatever the texture. Pure but for the frame written to. */
import { between, pick, type Sfc32, sign } from "./draw.js";
import { SIDE } from "./geometry.js";
import type { Frame } from "./plane.js";

export interface Sprite {
  readonly shape: "disc" | "square" | "ring" | "cross";
  /** Half of the side, pixels. */
  readonly radius: number;
  readonly x: number;
  readonly y: number;
  /** Pixels a frame. */
  readonly dx: number;
  readonly dy: number;
  readonly luma: number;
  readonly blue: number;
  readonly red: number;
}

export function sprite(rng: Sfc32): Sprite {
  return {
    shape: pick(rng, ["disc", "square", "ring", "cross"] as const),
    radius: between(rng, 9, 18),
    x: between(rng, 0, SIDE),
    y: between(rng, 0, SIDE),
    dx: sign(rng) * between(rng, 1, 4),
    dy: sign(rng) * between(rng, 1, 4),
    luma: pick(rng, [between(rng, 25, 60), between(rng, 195, 230)]),
    blue: between(rng, 70, 186),
    red: between(rng, 70, 186),
  };
}

/** Position after bouncing between 0 and SIDE. */
function bounce(position: number): number {
  const wrapped = ((position % (2 * SIDE)) + 2 * SIDE) % (2 * SIDE);
  return wrapped < SIDE ? wrapped : 2 * SIDE - wrapped;
}

/** Whether the point (x, y), in units of the radius from the centre, lies on the shape. */
function covers(shape: Sprite["shape"], x: number, y: number): boolean {
  switch (shape) {
    case "square":
      return true;
    case "disc":
      return x * x + y * y <= 1;
    case "ring": {
      const distance = x * x + y * y;
      return distance <= 1 && distance >= 0.4;
    }
    case "cross":
      return Math.abs(x) < 0.34 || Math.abs(y) < 0.34;
  }
}

export function drawSprite(one: Sprite, t: number, frame: Frame): void {
  const cx = bounce(one.x + one.dx * t);
  const cy = bounce(one.y + one.dy * t);
  const r = one.radius;
  for (let y = Math.max(0, Math.ceil(cy - r)); y <= Math.min(SIDE - 1, cy + r); y++) {
    for (let x = Math.max(0, Math.ceil(cx - r)); x <= Math.min(SIDE - 1, cx + r); x++) {
      if (!covers(one.shape, (x - cx) / r, (y - cy) / r)) continue;
      frame.luma[y * SIDE + x] = one.luma;
      if (((x | y) & 1) === 0) {
        const at = (y >> 1) * (SIDE >> 1) + (x >> 1);
        frame.blue[at] = one.blue;
        frame.red[at] = one.red;
      }
    }
  }
}
