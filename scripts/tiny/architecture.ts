/** The tiny model's shape: config.json of an HF-native InternVL checkpoint, small. Plain data. */
import { HF_NATIVE } from "../../lib/layout/hf.js";
import { tokenizerFile, vocabularySize } from "./tokenizer-file.js";

/** Widths and depths; patches of 8 pixels on 64-pixel frames give 16 visual tokens a frame. */
export const TINY = {
  frames: 6,
  imageSize: 64,
  patch: 8,
  vision: { hidden: 64, layers: 2, heads: 4, intermediate: 256, layerScale: 0.1 },
  language: { hidden: 96, layers: 3, heads: 6, kvHeads: 2, intermediate: 256, positions: 512 },
  /** SlowFast: stem widths, then for each stage slow [inner, out, time kernel] and fast likewise. */
  motion: {
    slowStem: 16,
    fastStem: 4,
    stages: [
      { slow: [16, 32, 1], fast: [8, 16, 3] },
      { slow: [16, 48, 1], fast: [8, 32, 3] },
    ],
  },
} as const;

/** Channels of the pooled motion feature. */
export function motionWidth(): number {
  const last = TINY.motion.stages.at(-1);
  return (last?.slow[1] ?? 0) + (last?.fast[1] ?? 0);
}

function tokenId(content: string): number {
  const found = tokenizerFile().added_tokens.find((token) => token.content === content);
  if (found === undefined) throw new Error(`the tiny tokenizer has no ${content}`);
  return found.id;
}

/** The parsed content of config.json. */
export function tinyConfig(): object {
  const { imageSize, patch } = TINY;
  const { layerScale: _start, ...vision } = TINY.vision;
  const { positions: maxPositions, ...language } = TINY.language;
  const geometry = {
    vision: { ...vision, patch, imageSize, norm: "layer", normEps: 1e-6, qkNorm: false },
    language: {
      ...language,
      headDim: language.hidden / language.heads,
      vocabulary: vocabularySize(),
      normEps: 1e-6,
      ropeTheta: 1e6,
      ropeFactor: 1,
      maxPositions,
    },
  } as const;
  return HF_NATIVE.writeConfig({
    config: { geometry, visionQkvBias: true },
    imageToken: tokenId("<IMG_CONTEXT>"),
    tied: false,
    endTokens: [tokenId("<|im_end|>")],
    padToken: tokenId("<|endoftext|>"),
    dtype: "float32",
  });
}
