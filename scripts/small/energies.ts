/**
 * A vision encoder whose first layer starts as a bank of energy detectors: its hidden units take both signs of each cosine of the
 * whitened patch embedding, and what they sum to by band stands in outputs that the embedding leaves empty. From random weights,
 * training spends most of its steps on finding that severities are in energies.
 */
import { Sfc32 } from "../../lib/synthetic/draw.js";
import type { Shape } from "../tiny/family.js";
import type { Given } from "../tiny/start.js";

/** Of a cosine in its hidden units, and their bias: they open above what is usual for a patch. */
const GAIN = 1.5;
const BIAS = -0.2;
/** What tells a token's scale to norms that take it away: a constant in the empty outputs. */
const CONSTANT = 0.5;
/** What the drawn weights beside the bank are, over the usual. */
const DRAWN = 0.5;

/** Parameters of the first layer and the positions; for encoders wider than the cosines of a patch, with a hidden layer of twice as many units at least. */
export function energyBank({ imageSize, patch, vision }: Shape, seed: number): Given {
  const { hidden, intermediate, layerScale } = vision;
  const cosines = patch * patch;
  const free = hidden - cosines;
  if (free < 1 || intermediate < 2 * cosines) throw new Error("no room for a bank of energies");
  const rng = new Sfc32("energy bank", seed);
  const drawn = (rows: number, columns: number) =>
    Float32Array.from(
      { length: rows * columns },
      () => (DRAWN * (2 * rng.uniform() - 1)) / Math.sqrt(columns),
    );
  const up = drawn(intermediate, hidden).fill(0, 0, 2 * cosines * hidden);
  const down = drawn(hidden, intermediate).fill(0, cosines * intermediate);
  const bias = new Float32Array(intermediate).fill(BIAS, 0, 2 * cosines);
  for (let i = 0; i < cosines; i++) {
    const band = cosines + Math.floor((i * free) / cosines);
    for (const [unit, sign] of [
      [i, 1],
      [cosines + i, -1],
    ] as const) {
      up[unit * hidden + i] = sign * GAIN;
      down[band * intermediate + unit] = 1;
    }
  }
  const tokens = 1 + (imageSize / patch) ** 2;
  const position = (channel: number) =>
    0.02 * rng.normal() + (channel < cosines ? 0 : channel % 2 === 0 ? -CONSTANT : CONSTANT);
  return {
    "vision.position_embedding": Float32Array.from({ length: tokens * hidden }, (_, i) =>
      position(i % hidden),
    ),
    "vision.layers.0.mlp.fc1.weight": up,
    "vision.layers.0.mlp.fc1.bias": bias,
    "vision.layers.0.mlp.fc2.weight": down,
    "vision.layers.0.ls2": new Float32Array(hidden).fill(layerScale, 0, cosines).fill(1, cosines),
  };
}
