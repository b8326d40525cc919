/** Sizes of a model, as both sides of the wall say them: config.json's numbers and nothing else. */

export interface VisionGeometry {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly patch: number;
  /** Side in pixels of the frames that the position table was trained for. */
  readonly imageSize: number;
  readonly norm: "layer" | "rms";
  readonly normEps: number;
  readonly qkNorm: boolean;
}

export interface LanguageGeometry {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  /** Dynamic NTK factor; 1 when there is no scaling. */
  readonly ropeFactor: number;
  readonly maxPositions: number;
}

export interface ModelGeometry {
  readonly vision: VisionGeometry;
  readonly language: LanguageGeometry;
  readonly imageToken: number;
}
