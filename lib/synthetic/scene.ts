/** Draws a scene at a moment: a coloured texture under camera motion, with sprites over it. Knows no distortion. */
import { between, integer, pick, type Sfc32, sign } from "./draw.js";
import { SIDE } from "./geometry.js";
import { type Frame, TEXTURE, type Texture } from "./plane.js";
import { drawSprite, type Sprite, sprite } from "./sprites.js";
import type { Paint } from "./textures.js";

/** Luma and chroma of each shade. */
type Palette = Omit<Frame, "bytes">;
/** Camera: texture pixels a frame, turns and zoom a frame. */
type Camera = Readonly<ReturnType<typeof camera>>;

export interface Scene {
  readonly texture: Texture;
  readonly palette: Palette;
  readonly camera: Camera;
  readonly sprites: readonly Sprite[];
}

/** A ramp between two colours around middle grey; the mean luma varies little, so that exposure can be told from it. */
function palette(rng: Sfc32): Palette {
  const middle = between(rng, 115, 135);
  const half = between(rng, 60, 85);
  const from = { blue: between(rng, 90, 166), red: between(rng, 90, 166) };
  const to = { blue: between(rng, 90, 166), red: between(rng, 90, 166) };
  const ramp = (low: number, high: number) =>
    Uint8ClampedArray.from({ length: 256 }, (_, i) => low + ((high - low) * i) / 255);
  return {
    luma: ramp(middle - half, middle + half),
    blue: ramp(from.blue, to.blue),
    red: ramp(from.red, to.red),
  };
}

/** Always in motion, so that a freeze shows: 1.5 to 4 texture pixels a frame, some turning and zooming as well. */
function camera(rng: Sfc32) {
  const speed = between(rng, 1.5, 4);
  const heading = rng.uniform() * 2 * Math.PI;
  const kind = pick(rng, ["pan", "turn", "zoom"] as const);
  return {
    x: rng.below(TEXTURE),
    y: rng.below(TEXTURE),
    dx: speed * Math.cos(heading),
    dy: speed * Math.sin(heading),
    angle: rng.uniform() * 2 * Math.PI,
    turn: kind === "turn" ? sign(rng) * between(rng, 0.015, 0.04) : 0,
    zoom: between(rng, 0.7, 1.1),
    zoomRate: kind === "zoom" ? sign(rng) * between(rng, 0.008, 0.018) : 0,
  };
}

export function makeScene(rng: Sfc32, paint: Paint): Scene {
  const texture = paint(rng);
  const count = integer(rng, 2, 4);
  return {
    texture,
    palette: palette(rng),
    camera: camera(rng),
    sprites: Array.from({ length: count }, () => sprite(rng)),
  };
}

/** Paints the scene at frame time `t` (frames, fractions allowed) over the whole frame. */
export function drawScene(scene: Scene, t: number, frame: Frame): void {
  const { texture, palette: colours, camera: view } = scene;
  const angle = view.angle + view.turn * t;
  const scale = view.zoom * Math.exp(view.zoomRate * t);
  const cos = Math.cos(angle) * scale;
  const sin = Math.sin(angle) * scale;
  const half = SIDE / 2;
  const left = view.x + view.dx * t - cos * half + sin * half;
  const top = view.y + view.dy * t - sin * half - cos * half;
  const mask = TEXTURE - 1;
  for (let y = 0; y < SIDE; y++) {
    // 8 fractional bits; the offset keeps coordinates positive, where truncation and masks agree.
    let u = Math.round((left - sin * y + 16 * TEXTURE) * 256);
    let v = Math.round((top + cos * y + 16 * TEXTURE) * 256);
    const du = Math.round(cos * 256);
    const dv = Math.round(sin * 256);
    for (let x = 0; x < SIDE; x++) {
      const column = (u >> 8) & mask;
      const row = ((v >> 8) & mask) * TEXTURE;
      const right = (column + 1) & mask;
      const below = (row + TEXTURE) & (TEXTURE * TEXTURE - 1);
      const fu = u & 255;
      const fv = v & 255;
      const a = texture[row + column] as number;
      const b = texture[row + right] as number;
      const c = texture[below + column] as number;
      const d = texture[below + right] as number;
      const upper = (a << 8) + (b - a) * fu;
      const shade = ((upper << 8) + ((c << 8) + (d - c) * fu - upper) * fv + 32768) >> 16;
      frame.luma[y * SIDE + x] = colours.luma[shade] as number;
      if (((x | y) & 1) === 0) {
        const at = (y >> 1) * (SIDE >> 1) + (x >> 1);
        frame.blue[at] = colours.blue[shade] as number;
        frame.red[at] = colours.red[shade] as number;
      }
      u += du;
      v += dv;
    }
  }
  for (const one of scene.sprites) drawSprite(one, t, frame);
}
