/**
 * The norm before the projector of a model with a vision bank: what the bank tells of frames gets mean 0 and deviation 1 over them.
 * Otherwise what all frames have in common drowns what tells them apart, and the projector learns half as much in as many steps.
 */
import { mean, variance } from "../../lib/core/stats.js";
import type { Shape } from "../tiny/family.js";
import type { Given } from "../tiny/start.js";
import { DEVIATION, MEAN } from "../tiny/whitening.js";

/** Deviation below which a channel tells nothing. */
const CONSTANT = 1e-3;

/**
 * @param bank    of the vision encoder.
 * @param frames  RGB bytes [n, size, size, 3] end to end.
 */
export function standardised(shape: Shape, bank: Given, frames: Uint8Array): Given {
  const { hidden } = shape.vision;
  const bytes = shape.imageSize ** 2 * 3;
  const told = Array.from({ length: frames.length / bytes }, (_, i) =>
    normed(frameTold(shape, bank, frames.subarray(i * bytes, (i + 1) * bytes))),
  );
  const weight = new Float32Array(4 * hidden);
  const bias = new Float32Array(4 * hidden);
  for (let channel = 0; channel < hidden; channel++) {
    const values = told.map((frame) => frame[channel] as number);
    const deviation = Math.sqrt(variance(values, 0));
    const scale = deviation < CONSTANT ? 0 : 1 / deviation;
    for (let i = channel; i < weight.length; i += hidden) {
      weight[i] = scale;
      bias[i] = -mean(values) * scale;
    }
  }
  return { "projector.norm.weight": weight, "projector.norm.bias": bias };
}

/** What a frame's tokens are behind the second layer, but for what each has of its own patch. */
export function frameTold(shape: Shape, bank: Given, rgb: Uint8Array): Float64Array {
  const { imageSize: size, patch: side, vision } = shape;
  const { hidden } = vision;
  const of = (name: string) => bank[name] as Float32Array;
  const linear = (name: string, values: Float64Array) =>
    dense(values, of(`${name}.weight`), bank[`${name}.bias`] as Float32Array);
  const units = (name: string, token: Float64Array) =>
    dense(linear(`${name}.mlp.fc1`, normed(token)).map(gelu), of(`${name}.mlp.fc2.weight`));
  const position = of("vision.position_embedding");
  const own = (token: number) => Float64Array.from(position.subarray(token * hidden, (token + 1) * hidden));
  const grid = size / side;
  const sum = new Float64Array(hidden);
  for (let i = 0; i <= grid * grid; i++) {
    const token = own(i);
    if (i > 0) add(token, linear("vision.patch", patchAt(rgb, size, side, i - 1)));
    add(token, units("vision.layers.0", token));
    add(sum, dense(normed(token), of("vision_tower.encoder.layer.1.attention.v_proj.weight")));
  }
  const token = own(1);
  add(
    token,
    linear(
      "vision.layers.1.attn.out",
      sum.map((value) => value / (grid * grid + 1)),
    ),
  );
  return add(token, units("vision.layers.1", token));
}

/** Channel by channel, normalised as the engine does. */
function patchAt(rgb: Uint8Array, size: number, side: number, cell: number): Float64Array {
  const grid = size / side;
  const [top, left] = [Math.floor(cell / grid) * side, (cell % grid) * side];
  return Float64Array.from({ length: 3 * side * side }, (_, i) => {
    const [c, y, x] = [Math.floor(i / side / side), Math.floor(i / side) % side, i % side];
    const value = rgb[3 * ((top + y) * size + left + x) + c] as number;
    return (value / 255 - (MEAN[c] as number)) / (DEVIATION[c] as number);
  });
}

function dense(values: Float64Array, weight: Float32Array, bias?: Float32Array): Float64Array {
  const out = new Float64Array(weight.length / values.length);
  for (let row = 0, at = 0; row < out.length; row++) {
    let total = bias?.[row] ?? 0;
    for (let i = 0; i < values.length; i++, at++) total += (values[i] as number) * (weight[at] as number);
    out[row] = total;
  }
  return out;
}

function add(to: Float64Array, values: Float64Array): Float64Array {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (values[i] as number);
  return to;
}

function normed(values: Float64Array): Float64Array {
  const all = Array.from(values);
  const [centre, deviation] = [mean(all), Math.sqrt(variance(all, 0))];
  return values.map((value) => (value - centre) / deviation);
}

/** Logistic form of the unit: what differs from the engine's is nothing to a mean. */
function gelu(x: number): number {
  return x / (1 + Math.exp(-1.702 * x));
}
