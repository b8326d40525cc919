/** Where an answer writes its score, and the numbers that could stand there instead. Pure; knows no token and no model. */
import type { Scale } from "../data/scale.js";

const TAG = /<\/?[a-z][^<>]*>/gi;
const NUMBER = /-?\d+(?:\.\d+)?/;
/** As programs print it: no zero too many before the point. */
const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.(\d+))?$/;
/** Rounding of a scale's end times ten. */
const TINY = 1e-9;

/** An answer cut at its score. */
export interface ScorePlace {
  /** All of the text before the number. */
  readonly before: string;
  readonly written: string;
  readonly score: number;
  /** Digits behind its point. */
  readonly decimals: number;
  /** From behind the number to the end of the answer block, its closing tag included. */
  readonly after: string;
}

/** A number that could stand there. */
export interface ScoreCandidate {
  readonly text: string;
  /** What it counts as. */
  readonly value: number;
}

/**
 * @param score  what was read from the text.
 * @returns null where the last answer block does not write that score in plain digits, as the first number in it.
 */
export function scorePlace(text: string, score: number): ScorePlace | null {
  const block = [...text.matchAll(/<answer>(.*?)<\/answer>/gs)].at(-1);
  const found = NUMBER.exec((block?.[1] ?? "").replace(TAG, (tag) => " ".repeat(tag.length)));
  if (block === undefined || found === null) return null;
  const [written] = found;
  const plain = PLAIN.exec(written);
  if (plain === null || Number(written) !== score) return null;
  const begin = block.index + "<answer>".length + found.index;
  const after = text.slice(begin + written.length, block.index + block[0].length);
  return { before: text.slice(0, begin), written, score, decimals: plain[1]?.length ?? 0, after };
}

/**
 * The numbers of a scale from 0 or above in the form of the one that is written: tenths where it has decimals, else whole ones. Where it has more
 * decimals than one, a candidate stands for all numbers of the scale that begin with it and have as many decimals, and counts as
 * their middle; the one that is written counts as itself, for its further decimals are known.
 */
export function scoreCandidates(
  { min, max }: Scale,
  { written, score, decimals }: Pick<ScorePlace, "written" | "score" | "decimals">,
): ScoreCandidate[] {
  const parts = decimals === 0 ? 1 : 10;
  /** From a candidate to the last number that begins with it. */
  const reach = decimals === 0 ? 0 : 1 / 10 - 10 ** -decimals;
  const first = Math.ceil((min - reach) * parts - TINY);
  const last = Math.floor(max * parts + TINY);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const number = (first + i) / parts;
    const text = number.toFixed(decimals === 0 ? 0 : 1);
    const isOwn = (decimals === 0 ? written === text : written.startsWith(text)) && score <= max;
    const middle = (Math.max(number, min) + Math.min(number + reach, max)) / 2;
    return { text, value: isOwn ? score : middle };
  });
}
