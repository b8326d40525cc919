/** Content that only the unseen-content set uses: pages of glyphs and zone plates. Pure functions of a random stream. */
import { between, integer, pick, type Sfc32 } from "./draw.js";
import { newTexture, TEXTURE, type Texture } from "./plane.js";
import { type Paint, stretch } from "./textures.js";

/** Lines of made-up letters, each of a few strokes in a 3 × 5 raster of thick dots; some gaps between words. */
function glyphs(rng: Sfc32): Texture {
  const dot = pick(rng, [2, 3]);
  const paper = between(rng, 190, 240);
  const ink = between(rng, 10, 60);
  const texture = newTexture().fill(paper);
  const letterWidth = 4 * dot;
  const lineHeight = 7 * dot;
  for (let top = dot; top + 5 * dot <= TEXTURE; top += lineHeight) {
    for (let left = dot; left + 3 * dot <= TEXTURE; left += letterWidth) {
      if (rng.uniform() < 0.15) continue;
      const strokes = rng.below(1 << 15) | rng.below(1 << 15);
      for (let bit = 0; bit < 15; bit++) {
        if (((strokes >> bit) & 1) === 0) continue;
        const x0 = left + (bit % 3) * dot;
        const y0 = top + Math.floor(bit / 3) * dot;
        for (let y = y0; y < y0 + dot; y++) texture.fill(ink, y * TEXTURE + x0, y * TEXTURE + x0 + dot);
      }
    }
  }
  return texture;
}

/** Rings that get finer outwards, mirrored at the borders; one or two centres. */
function zonePlate(rng: Sfc32): Texture {
  const field = new Float32Array(TEXTURE * TEXTURE);
  for (let plate = integer(rng, 1, 2); plate > 0; plate--) {
    const cx = rng.below(TEXTURE);
    const cy = rng.below(TEXTURE);
    // Highest frequency, at the far corner, in periods a pixel.
    const chirp = between(rng, 0.1, 0.22) / TEXTURE;
    const phase = rng.uniform() * 6.28;
    for (let y = 0; y < TEXTURE; y++) {
      const dy = TEXTURE / 2 - Math.abs(((y - cy + TEXTURE) % TEXTURE) - TEXTURE / 2);
      for (let x = 0; x < TEXTURE; x++) {
        const dx = TEXTURE / 2 - Math.abs(((x - cx + TEXTURE) % TEXTURE) - TEXTURE / 2);
        field[y * TEXTURE + x] =
          (field[y * TEXTURE + x] as number) + Math.cos(2 * Math.PI * chirp * (dx * dx + dy * dy) + phase);
      }
    }
  }
  return stretch(field);
}

export const UNSEEN_CONTENT = { glyphs, zonePlate } as const satisfies Record<string, Paint>;
