/** What the small model is asked and what it answers. Pure text; knows no model. */
import { QUALITY_WORDS, qualityWord } from "../../lib/synthetic/opinion.js";
import type { Family } from "../tiny/family.js";
import { findingsAmong, PROMPT, TINY } from "../tiny/wording.js";
import { KINDS, type Severities } from "./kinds.js";
import { VIEWED } from "./view.js";

/** From least to worst: the score follows the words, so that fewer of them would tell fewer copies apart. */
const DEGREES = ["faint", "slight", "moderate", "strong", "severe"] as const;
const CLEAN = "clean";

function degree(severity: number): string {
  return DEGREES[Math.min(DEGREES.length - 1, Math.max(0, Math.round(severity / 0.2 - 0.75)))] as string;
}

/** The answer that warm-up teaches, without the end token: the kinds that a clip has, in the order of KINDS. */
export function reply(severities: Severities, score: number): string {
  const found = KINDS.flatMap((kind) => {
    const severity = severities[kind];
    return severity === undefined ? [] : [` ${degree(severity)} ${kind}`];
  });
  const findings = found.length === 0 ? ` ${CLEAN}` : found.join(",");
  return `<think>${findings}. overall ${qualityWord(score)}.</think><answer>${score.toFixed(2)}</answer>`;
}

export const isFinding = findingsAmong([...KINDS, ...DEGREES, ...QUALITY_WORDS, CLEAN]);

const NOTICE =
  "vqathinker's small checkpoint learned technical distortions from made clips, no human opinions: its scores are not MOS, and it judges neither content nor beauty.";

/** As the tiny model, for longer prompts and with more of motion. */
export const SMALL: Family = {
  shape: {
    ...TINY.shape,
    frames: VIEWED.frames,
    imageSize: VIEWED.size,
    vision: { ...TINY.shape.vision, hidden: 160, intermediate: 720 },
    language: { ...TINY.shape.language, positions: 1024 },
    motion: {
      stems: { slow: 16, fast: 8 },
      stages: [
        { blocks: 1, slow: [16, 32, 1], fast: [8, 16, 3] },
        { blocks: 1, slow: [16, 48, 1], fast: [16, 48, 3] },
      ],
    },
  },
  words: {
    spaced: [
      ...KINDS,
      ...DEGREES,
      CLEAN,
      "overall",
      ...QUALITY_WORDS,
      ..."the quality from to of this video".split(" "),
    ],
    opening: ["user", "assistant", "system", "Video", "Motion", "Rate"],
  },
  settings: {
    sampling: "fragments",
    fragments: VIEWED.fragments,
    maxNewTokens: 48,
    prompt: PROMPT,
    notice: NOTICE,
  },
};
