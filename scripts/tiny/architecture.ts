/** A made model's configuration and parameters, from its family. Knows shapes and names, no values. */
import type { ModelConfig } from "../../lib/layout/config-parts.js";
import { HF_NATIVE } from "../../lib/layout/hf.js";
import { motionOf } from "../../lib/layout/motion-map.js";
import { type MappedParameter, mapModel } from "../../lib/layout/parameters.js";
import { slowFastShapes } from "../../lib/layout/slowfast.js";
import type { Family } from "./family.js";
import { tokenizerFile, vocabularySize } from "./tokenizer-file.js";

function tokenId({ words }: Family, content: string): number {
  const found = tokenizerFile(words).added_tokens.find((token) => token.content === content);
  if (found === undefined) throw new Error(`the tokenizer has no ${content}`);
  return found.id;
}

function modelOf(family: Family) {
  const { imageSize, patch } = family.shape;
  const { layerScale: _start, ...vision } = family.shape.vision;
  const { positions: maxPositions, ...language } = family.shape.language;
  const geometry = {
    vision: { ...vision, patch, imageSize, norm: "layer", normEps: 1e-6, qkNorm: false },
    language: {
      ...language,
      headDim: language.hidden / language.heads,
      vocabulary: vocabularySize(family.words),
      normEps: 1e-6,
      ropeTheta: 1e6,
      ropeFactor: 1,
      maxPositions,
    },
  } as const;
  const imageToken = tokenId(family, "<IMG_CONTEXT>");
  const endTokens = [tokenId(family, "<|im_end|>")];
  return { geometry, visionQkvBias: true, imageToken, headMustExist: true, endTokens } satisfies ModelConfig;
}

/** Every parameter, with the tensors that a file has of it. */
export function parametersOf(family: Family): MappedParameter[] {
  const { motion, language } = family.shape;
  const mapped = motionOf(slowFastShapes(motion), language.hidden);
  return mapModel(HF_NATIVE, HF_NATIVE.prefixes[0], modelOf(family), false, mapped);
}

/** The parsed content of config.json. */
export function configOf(family: Family): object {
  const config = modelOf(family);
  const { imageToken, endTokens } = config;
  const padToken = tokenId(family, "<|endoftext|>");
  return HF_NATIVE.writeConfig({ config, imageToken, tied: false, endTokens, padToken, dtype: "float32" });
}
