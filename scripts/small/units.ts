/** A hidden layer by hand: units that look at channels of a token whose norm is undone, and what they add to channels. */

/** What a unit looks at, or adds to: channels and weights. */
export type Sparse = readonly (readonly [channel: number, weight: number])[];

/** Channels that hold a constant ±: what tells a layer norm's shift, and fixes its scale where it is large. */
export interface Constants {
  readonly channels: readonly number[];
  /** What the norm divides by. */
  readonly deviation: number;
}

/** Units of an MLP behind a layer norm. GELU of a steep slope is a ramp: 0 below, the value above. */
export class Units {
  readonly up: Float32Array;
  readonly bias: Float32Array;
  readonly down: Float32Array;
  readonly #hidden: number;
  readonly #intermediate: number;
  readonly #constants: Constants;
  #used = 0;

  constructor(hidden: number, intermediate: number, constants: Constants) {
    this.#hidden = hidden;
    this.#intermediate = intermediate;
    this.#constants = constants;
    this.up = new Float32Array(intermediate * hidden);
    this.bias = new Float32Array(intermediate);
    this.down = new Float32Array(hidden * intermediate);
  }

  /**
   * Adds a ramp max(0, looks·token + offset) times its outputs' weights.
   *
   * @param slope  of the unit's input; the larger, the sharper the ramp's foot.
   * @throws {Error} when the layer is full.
   */
  ramp(looks: Sparse, offset: number, outputs: Sparse, slope: number): void {
    const unit = this.#used++;
    if (unit >= this.#intermediate) throw new Error(`no room for more than ${this.#intermediate} units`);
    const row = this.up.subarray(unit * this.#hidden, (unit + 1) * this.#hidden);
    for (const [channel, weight] of unshifted(looks, this.#constants))
      row[channel] = (row[channel] as number) + weight * slope;
    this.bias[unit] = offset * slope;
    for (const [channel, weight] of outputs) {
      const at = channel * this.#intermediate + unit;
      this.down[at] = (this.down[at] as number) + weight / slope;
    }
  }

  /** |looks·token| beyond a threshold. */
  magnitude(looks: Sparse, threshold: number, outputs: Sparse, slope: number): void {
    for (const sign of [1, -1])
      this.ramp(
        looks.map(([channel, weight]) => [channel, sign * weight]),
        -threshold,
        outputs,
        slope,
      );
  }

  /** looks·token times the outputs' weights, of either sign. */
  linear(looks: Sparse, outputs: Sparse): void {
    for (const sign of [1, -1])
      this.ramp(
        looks.map(([channel, weight]) => [channel, sign * weight]),
        0,
        outputs.map(([channel, weight]) => [channel, sign * weight]),
        1,
      );
  }
}

/** Weights on a normed token that give what they would give on the token: the mean of ± constants is the norm's shift alone. */
export function unshifted(looks: Sparse, { channels, deviation }: Constants): Sparse {
  const sum = looks.reduce((total, [, weight]) => total + weight, 0);
  return [
    ...looks.map(([channel, weight]) => [channel, weight * deviation] as const),
    ...channels.map((channel) => [channel, (-sum * deviation) / channels.length] as const),
  ];
}
