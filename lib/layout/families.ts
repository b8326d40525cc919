/** The published InternVL3 sizes as data. Reads no file. */
import type { LanguageGeometry, VisionGeometry } from "../native/binding.js";
import type { ModelConfig } from "./config-parts.js";

const VISION_300M: VisionGeometry = {
  hidden: 1024,
  layers: 24,
  heads: 16,
  intermediate: 4096,
  patch: 14,
  imageSize: 448,
  norm: "layer",
  normEps: 1e-6,
  qkNorm: false,
};
const VISION_6B: VisionGeometry = {
  ...VISION_300M,
  hidden: 3200,
  layers: 45,
  heads: 25,
  intermediate: 12800,
  norm: "rms",
  qkNorm: true,
};

type Widths = Pick<LanguageGeometry, "hidden" | "layers" | "heads" | "kvHeads" | "headDim" | "intermediate">;

function qwen(
  hidden: number,
  layers: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  intermediate: number,
): Widths {
  return { hidden, layers, heads, kvHeads, headDim, intermediate };
}

/** Source: model cards of OpenGVLab's InternVL3, whose text models are Qwen2.5 0.5B to 72B. */
export const FAMILIES = {
  "internvl3-1b": { vision: VISION_300M, language: qwen(896, 24, 14, 2, 64, 4864) },
  "internvl3-2b": { vision: VISION_300M, language: qwen(1536, 28, 12, 2, 128, 8960) },
  "internvl3-8b": { vision: VISION_300M, language: qwen(3584, 28, 28, 4, 128, 18944) },
  "internvl3-14b": { vision: VISION_300M, language: qwen(5120, 48, 40, 8, 128, 13824) },
  "internvl3-38b": { vision: VISION_6B, language: qwen(5120, 64, 40, 8, 128, 27648) },
  "internvl3-78b": { vision: VISION_6B, language: qwen(8192, 80, 64, 8, 128, 29568) },
} as const;

/** One of FAMILY_NAMES. */
export type FamilyName = keyof typeof FAMILIES;
/** Published sizes whose shapes are known. */
export const FAMILY_NAMES = Object.keys(FAMILIES) as FamilyName[];

/** Ids of the tokens that InternVL3 adds to Qwen2's; the rows of the embedding end with the last of them. */
export const FAMILY_TOKENS = {
  baseTokens: 151643,
  endOfText: 151643,
  turnEnd: 151645,
  imageSlot: 151667,
  vocabulary: 151674,
} as const;

/** @param layers  Of the decoder; default: as published. */
export function familyConfig(name: FamilyName, layers?: number): ModelConfig {
  const { vision, language } = FAMILIES[name];
  return {
    geometry: {
      vision,
      language: {
        ...language,
        layers: layers ?? language.layers,
        vocabulary: FAMILY_TOKENS.vocabulary,
        normEps: 1e-6,
        ropeTheta: 1e6,
        ropeFactor: 2,
        maxPositions: 32768,
      },
    },
    imageToken: FAMILY_TOKENS.imageSlot,
    visionQkvBias: !vision.qkNorm,
    headMustExist: true,
    endTokens: [FAMILY_TOKENS.turnEnd],
  };
}

/** The published size with these widths, whatever its depth; null when there is none. */
export function familyOf({ geometry: { vision, language } }: ModelConfig): FamilyName | null {
  const same = (name: FamilyName): boolean => {
    const { hidden, intermediate } = FAMILIES[name].language;
    return (
      hidden === language.hidden &&
      intermediate === language.intermediate &&
      FAMILIES[name].vision.hidden === vision.hidden
    );
  };
  return FAMILY_NAMES.find(same) ?? null;
}
