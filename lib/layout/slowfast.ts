/**
 * The layers of a SlowFast network by name, with the shape that each convolution must have behind the ones before it:
 * the walk that the engine makes, made on shapes alone. Names as pytorchvideo's, without `blocks.`. Reads no file.
 *
 * Source: Feichtenhofer et al., "SlowFast networks for video recognition", ICCV 2019; pytorchvideo `slowfast_r50`.
 */

/** One convolution [out, in, time, height, width] and the norm that follows it. */
export interface ConvolutionLayer {
  readonly convolution: string;
  readonly norm: string;
  readonly shape: readonly number[];
}

/** What a network is: how deep, and the shape of each convolution, null where there is none of that name. */
export interface SlowFastShapes {
  /** Stem and stages. */
  readonly stages: number;
  blocksIn(stage: number, pathway: number): number;
  shapeOf(convolution: string): readonly number[] | null;
}

const COLOURS = 3;
const UNKNOWN = 1;
const POINT = [1, 1, 1] as const;

/** Padding keeps a size only around a kernel with a middle. */
function odd(size: number): number {
  return size % 2 === 1 ? size : size + 1;
}

class Walk {
  readonly layers: ConvolutionLayer[] = [];
  readonly #shapes: SlowFastShapes;

  constructor(shapes: SlowFastShapes) {
    this.#shapes = shapes;
  }

  /** Gives the layer's output channels; `kernel` is what it must be, or null for any odd one. */
  layer(
    convolution: string,
    norm: string,
    inputs: number | null,
    kernel: readonly number[] | null,
    outputs?: number | null,
  ): number | null {
    const found = this.#shapes.shapeOf(convolution);
    const size = (axis: number): number => found?.[axis] ?? UNKNOWN;
    const own = kernel ?? [odd(size(2)), odd(size(3)), odd(size(4))];
    const shape = [outputs ?? size(0), inputs ?? size(1), ...own];
    this.layers.push({ convolution, norm, shape });
    return outputs ?? found?.[0] ?? null;
  }

  block(prefix: string, inputs: number | null, strided: boolean): number | null {
    const branch = `${prefix}branch2.`;
    const a = this.layer(`${branch}conv_a`, `${branch}norm_a`, inputs, null);
    const b = this.layer(`${branch}conv_b`, `${branch}norm_b`, a, null);
    const c = this.layer(`${branch}conv_c`, `${branch}norm_c`, b, POINT);
    const shortcut = `${prefix}branch1_conv`;
    // Without a convolution the input is added as it is, which needs its shape unchanged.
    if (strided || inputs !== c || this.#shapes.shapeOf(shortcut) !== null)
      this.layer(shortcut, `${prefix}branch1_norm`, inputs, POINT, c);
    return c;
  }

  stage(index: number, pathway: number, inputs: number | null): number | null {
    let channels = inputs;
    const blocks = Math.max(1, this.#shapes.blocksIn(index, pathway));
    for (let j = 0; j < blocks; j++) {
      const prefix = `${index}.multipathway_blocks.${pathway}.res_blocks.${j}.`;
      channels = this.block(prefix, channels, j === 0 && index > 1);
    }
    return channels;
  }

  fusion(index: number, fast: number | null): number | null {
    const prefix = `${index}.multipathway_fusion.`;
    return this.layer(`${prefix}conv_fast_to_slow`, `${prefix}norm`, fast, null);
  }
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** Every convolution with its norm, in the order of the forward pass. */
export function slowFastLayers(shapes: SlowFastShapes): ConvolutionLayer[] {
  const walk = new Walk(shapes);
  const stem = (pathway: number): number | null => {
    const prefix = `0.multipathway_blocks.${pathway}.`;
    return walk.layer(`${prefix}conv`, `${prefix}norm`, COLOURS, null);
  };
  let [slow, fast] = [stem(0), stem(1)];
  for (let stage = 1; stage < Math.max(2, shapes.stages); stage++) {
    const fused = sum(slow, walk.fusion(stage - 1, fast));
    slow = walk.stage(stage, 0, fused);
    fast = walk.stage(stage, 1, fast);
  }
  return walk.layers;
}

/** Inner and outer width of a block, and the time kernel of its conv_a. */
type BlockSizes = readonly [inner: number, outer: number, time: number];

/** The sizes that differ between networks of this kind. */
export interface SlowFastSizes {
  /** Outputs of the stems. */
  readonly stems: { readonly slow: number; readonly fast: number };
  readonly stages: readonly {
    readonly blocks: number;
    readonly slow: BlockSizes;
    readonly fast: BlockSizes;
  }[];
}

/** The network of these sizes. Input channels, and with them the shortcuts, are left to the walk. */
export function slowFastShapes({ stems, stages }: SlowFastSizes): SlowFastShapes {
  const fastOutputs = (index: number): number => stages[index - 1]?.fast[1] ?? stems.fast;
  return {
    stages: 1 + stages.length,
    blocksIn: (stage) => stages[stage - 1]?.blocks ?? 0,
    shapeOf: (name) => {
      const [, stage = "", rest = ""] = /^(\d+)\.(.*)$/.exec(name) ?? [];
      const index = Number(stage);
      const pathway = rest.includes("multipathway_blocks.1.") ? "fast" : "slow";
      if (rest.endsWith("conv_fast_to_slow")) return [2 * fastOutputs(index), 0, 7, 1, 1];
      if (index === 0) return [stems[pathway], 0, pathway === "fast" ? 5 : 1, 7, 7];
      const sizes = stages[index - 1];
      if (sizes === undefined || rest.endsWith("branch1_conv")) return null;
      const [inner, outer, time] = sizes[pathway];
      if (rest.endsWith("conv_a")) return [inner, 0, time, 1, 1];
      if (rest.endsWith("conv_b")) return [inner, 0, 1, 3, 3];
      return [outer, 0, 1, 1, 1];
    },
  };
}

/** The network of the published SLOWFAST_8x8_R50 file. */
export const SLOWFAST_R50: SlowFastShapes = slowFastShapes({
  stems: { slow: 64, fast: 8 },
  stages: [
    { blocks: 3, slow: [64, 256, 1], fast: [8, 32, 3] },
    { blocks: 4, slow: [128, 512, 1], fast: [16, 64, 3] },
    { blocks: 6, slow: [256, 1024, 3], fast: [32, 128, 3] },
    { blocks: 3, slow: [512, 2048, 3], fast: [64, 256, 3] },
  ],
});
