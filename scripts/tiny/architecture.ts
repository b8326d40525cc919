/** The tiny model's shape: that of an HF-native InternVL checkpoint with SlowFast, small. Plain data. */
import type { ModelConfig } from "../../lib/layout/config-parts.js";
import { HF_NATIVE } from "../../lib/layout/hf.js";
import { motionOf } from "../../lib/layout/motion-map.js";
import { type MappedParameter, mapModel } from "../../lib/layout/parameters.js";
import { slowFastShapes } from "../../lib/layout/slowfast.js";
import { tokenizerFile, vocabularySize } from "./tokenizer-file.js";

/** Widths and depths; patches of 8 pixels on 64-pixel frames give 16 visual tokens a frame. */
export const TINY = {
  frames: 6,
  imageSize: 64,
  patch: 8,
  vision: { hidden: 64, layers: 2, heads: 4, intermediate: 256, layerScale: 0.1 },
  language: { hidden: 96, layers: 3, heads: 6, kvHeads: 2, intermediate: 256, positions: 512 },
  motion: {
    stems: { slow: 16, fast: 4 },
    stages: [
      { blocks: 1, slow: [16, 32, 1], fast: [8, 16, 3] },
      { blocks: 1, slow: [16, 48, 1], fast: [8, 32, 3] },
    ],
  },
} as const;

function tokenId(content: string): number {
  const found = tokenizerFile().added_tokens.find((token) => token.content === content);
  if (found === undefined) throw new Error(`the tiny tokenizer has no ${content}`);
  return found.id;
}

function tinyModel() {
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
  const imageToken = tokenId("<IMG_CONTEXT>");
  const endTokens = [tokenId("<|im_end|>")];
  return { geometry, visionQkvBias: true, imageToken, headMustExist: true, endTokens } satisfies ModelConfig;
}

/** Every parameter, with the tensors that a file has of it. */
export function tinyParameters(): MappedParameter[] {
  const motion = motionOf(slowFastShapes(TINY.motion), TINY.language.hidden);
  return mapModel(HF_NATIVE, HF_NATIVE.prefixes[0], tinyModel(), false, motion);
}

/** The parsed content of config.json. */
export function tinyConfig(): object {
  const config = tinyModel();
  const { imageToken, endTokens } = config;
  const padToken = tokenId("<|endoftext|>");
  return HF_NATIVE.writeConfig({ config, imageToken, tied: false, endTokens, padToken, dtype: "float32" });
}
