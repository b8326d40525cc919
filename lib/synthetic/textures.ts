/** Content of the training and in-domain sets: five families of seamless textures. Pure functions of a random stream. */
import { between, integer, pick, type Sfc32, sign } from "./draw.js";
import { newTexture, TEXTURE, type Texture } from "./plane.js";

export type Paint = (rng: Sfc32) => Texture;

/** Value noise on a lattice of `cells` × `cells` added to `field` with weight `amplitude`; smoothstep between nodes. */
function addOctave(rng: Sfc32, field: Float32Array, cells: number, amplitude: number): void {
  const nodes = Float32Array.from({ length: cells * cells }, () => (rng.uniform() * 2 - 1) * amplitude);
  const step = cells / TEXTURE;
  for (let y = 0; y < TEXTURE; y++) {
    const v = y * step;
    const row = Math.floor(v);
    const fv = v - row;
    const sv = fv * fv * (3 - 2 * fv);
    const top = row * cells;
    const bottom = ((row + 1) % cells) * cells;
    for (let x = 0; x < TEXTURE; x++) {
      const u = x * step;
      const column = Math.floor(u);
      const fu = u - column;
      const su = fu * fu * (3 - 2 * fu);
      const next = column + 1 === cells ? 0 : column + 1;
      const a = nodes[top + column] as number;
      const b = nodes[top + next] as number;
      const c = nodes[bottom + column] as number;
      const d = nodes[bottom + next] as number;
      const upper = a + (b - a) * su;
      field[y * TEXTURE + x] = (field[y * TEXTURE + x] as number) + upper + (c + (d - c) * su - upper) * sv;
    }
  }
}

/** Maps a field linearly so that its extremes become 0 and 255. */
export function stretch(field: Float32Array): Texture {
  let low = Infinity;
  let high = -Infinity;
  for (const value of field) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const texture = newTexture();
  const gain = 255 / Math.max(high - low, 1e-6);
  for (let i = 0; i < field.length; i++) texture[i] = ((field[i] as number) - low) * gain;
  return texture;
}

/** Adds waves with whole numbers of periods a side, so that the texture stays seamless. */
function addWave(field: Float32Array, across: number, down: number, phase: number, amplitude: number): void {
  for (let y = 0; y < TEXTURE; y++) {
    for (let x = 0; x < TEXTURE; x++) {
      const angle = (2 * Math.PI * (across * x + down * y)) / TEXTURE + phase;
      field[y * TEXTURE + x] = (field[y * TEXTURE + x] as number) + amplitude * Math.sin(angle);
    }
  }
}

function fractal(rng: Sfc32): Texture {
  const field = new Float32Array(TEXTURE * TEXTURE);
  const roughness = between(rng, 0.55, 0.8);
  let amplitude = 1;
  for (let cells = 4; cells <= 128; cells *= 2) {
    addOctave(rng, field, cells, amplitude);
    amplitude *= roughness;
  }
  return stretch(field);
}

function gratings(rng: Sfc32): Texture {
  const field = new Float32Array(TEXTURE * TEXTURE);
  for (let wave = integer(rng, 2, 3); wave > 0; wave--) {
    const frequency = integer(rng, 8, 32);
    const tilt = rng.uniform() * Math.PI;
    const across = Math.round(frequency * Math.cos(tilt));
    const down = Math.round(frequency * Math.sin(tilt));
    addWave(field, across, down, rng.uniform() * 6.28, 1);
  }
  return stretch(field);
}

/** Slow waves, crossed by thin bright and dark lines that give distortions something to act on. */
function gradients(rng: Sfc32): Texture {
  const field = new Float32Array(TEXTURE * TEXTURE);
  for (let wave = 0; wave < 3; wave++) {
    addWave(field, sign(rng) * integer(rng, 1, 3), integer(rng, 1, 3), rng.uniform() * 6.28, 1);
  }
  const texture = stretch(field);
  for (let line = integer(rng, 8, 14); line > 0; line--) {
    const shade = pick(rng, [16, 240]);
    const at = rng.below(TEXTURE);
    const vertical = rng.uniform() < 0.5;
    const width = integer(rng, 2, 4);
    for (let i = 0; i < TEXTURE; i++) {
      for (let w = 0; w < width; w++) {
        const across = (at + w) % TEXTURE;
        texture[vertical ? i * TEXTURE + across : across * TEXTURE + i] = shade;
      }
    }
  }
  return texture;
}

function checkers(rng: Sfc32): Texture {
  const texture = newTexture();
  const cell = pick(rng, [8, 16, 32]);
  const cells = TEXTURE / cell;
  const jitter = between(rng, 0, 60);
  const shades = Float32Array.from({ length: cells * cells }, (_, i) => {
    const dark = (i + Math.floor(i / cells)) % 2 === 0;
    return (dark ? 50 : 205) + (rng.uniform() * 2 - 1) * jitter;
  });
  for (let y = 0; y < TEXTURE; y++) {
    const row = Math.floor(y / cell) * cells;
    for (let x = 0; x < TEXTURE; x++) texture[y * TEXTURE + x] = shades[row + Math.floor(x / cell)] as number;
  }
  return texture;
}

/** Flat cells around one random site per square of a coarse grid. */
function voronoi(rng: Sfc32): Texture {
  const texture = newTexture();
  const cells = pick(rng, [8, 12, 16]);
  const side = TEXTURE / cells;
  const sites = Array.from({ length: cells * cells }, (_, i) => ({
    x: (i % cells) + rng.uniform(),
    y: Math.floor(i / cells) + rng.uniform(),
    shade: between(rng, 0, 255),
  }));
  for (let y = 0; y < TEXTURE; y++) {
    for (let x = 0; x < TEXTURE; x++) {
      const u = x / side;
      const v = y / side;
      let nearest = Infinity;
      let shade = 0;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const column = Math.floor(u) + dx;
          const row = Math.floor(v) + dy;
          const wrappedColumn = (column + cells) % cells;
          const wrappedRow = (row + cells) % cells;
          const site = sites[wrappedRow * cells + wrappedColumn];
          if (site === undefined) continue;
          const ex = site.x + column - wrappedColumn - u;
          const ey = site.y + row - wrappedRow - v;
          const distance = ex * ex + ey * ey;
          if (distance < nearest) {
            nearest = distance;
            shade = site.shade;
          }
        }
      }
      texture[y * TEXTURE + x] = shade;
    }
  }
  return texture;
}

export const SEEN_CONTENT = { fractal, gratings, gradients, checkers, voronoi } as const satisfies Record<
  string,
  Paint
>;
