/** Of the wall: where weights come from, adapters on them, what is written of them. Types only. */

/** Type of stored weights and of arithmetic. */
export type DType = "float32" | "bfloat16";

/** A run of bytes in a weight file that holds one stored tensor. */
export interface TensorSource {
  readonly file: string;
  /** First byte and one past the last, from the start of the file. */
  readonly begin: number;
  readonly end: number;
  readonly dtype: "F32" | "BF16" | "F16" | "U8";
}

/** Uniform values in [low, high), value i being number (i, 0) of the stream; equal ends give that value everywhere. */
export interface RandomStart {
  readonly stream: bigint;
  readonly low: number;
  readonly high: number;
}

/** Uniform values in [low, high), drawn on the model's device by libtorch's own generator: no two devices' are alike. */
export interface Drawn {
  readonly low: number;
  readonly high: number;
}

/** One of the engine's parameters: its sources joined along axis 0, or random values and no sources. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly sources: readonly TensorSource[];
  readonly start?: RandomStart;
  readonly drawn?: Drawn;
}

/**
 * A low-rank adapter on rows [firstRow, firstRow + rows of b) of a linear layer's weight. The engine names its parameters
 * after that: `<weight>.<firstRow>.lora_a`, `….lora_b` and, with magnitudes, `….lora_m`.
 */
export interface AdapterSpec {
  readonly weight: string;
  readonly firstRow: number;
  /** [rank, in] */
  readonly a: ParameterSpec;
  /** [rows, rank] */
  readonly b: ParameterSpec;
  readonly scale: number;
  /** DoRA. */
  readonly hasMagnitude: boolean;
  /** [rows]; absent: the norms that the rows have. */
  readonly magnitude?: ParameterSpec;
}

/** One tensor of a written weight file: rows [rowBegin, rowEnd) of a parameter, under a file's own name. */
export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameter: string;
  readonly rowBegin: number;
  readonly rowEnd: number;
}

/** A tensor that nothing is computed from, written as it was read: its type by the file's name for it. */
export interface CopiedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SaveSpec {
  readonly path: string;
  readonly dtype: DType;
  readonly tensors: readonly (SavedTensor | CopiedTensor)[];
}
