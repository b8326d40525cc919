/** The score that an answer block writes, where it writes one and only one. Knows nothing of blocks. */
import { decimalNumber } from "../core/decimal.js";
import { leavesBefore, leavesBehind } from "./number-neighbours.js";

const NUMBER = /[-+]?(?:\d+(?:\.\d+)?|\.\d+)/g;
/** Signs and points of other scripts; digits are mapped by themselves. */
const ALIKE: Readonly<Record<string, string>> = { "−": "-", "－": "-", "＋": "+", "．": ".", "٫": "." };
const TAG = /<\/?[a-z][^<>]*>/gi;

/** What may touch a number from the left: nothing that could belong to it. */
const BEFORE = /(?:^|[\s([{"'“‘«「【*_~≈`:：=$|])$/u;
/** What may touch it from the right: the end of a word, of a sentence or of what encloses it. */
const AFTER = /^[)\]}"'”’»」】*_~`$|]*(?:[.,;:!?。，；：！？、][)\]}"'”’»」】*_~`$|]*)?(?:$|\s|[([（—])/u;
const WORDS = "zero|one|two|three|four|five|six|seven|eight|nine|ten";
const PARTS = "half|halves|quarters?|thirds?|point\\s+\\p{L}+|per\\s?cent|hundred|thousand|million|billion";
/** What a video has several of, and units that no score has. */
const COUNTED =
  "frames?|fps|seconds?|secs?|s|ms|minutes?|hours?|times|videos?|clips?|scenes?|shots?|images?|pixels?|px|dB|hz|[kmg]?bps|[kmg]b";
/** What changes it from the left, blanks between or not: signs, bounds, a dash that may be a minus, a number in words. */
const CHANGED_BEFORE = new RegExp(
  `(?:[-+−–‐‑‒±∓√<>≤≥≦≧#№^/÷×]|\\b(?:minus|negative|point|between|out\\s+of|${WORDS})(?:\\s+(?:point|or|to|and))?)[\\s*_([]*$`,
  "iu",
);
/** What changes it from the right. */
const CHANGED_AFTER = new RegExp(
  "^[\\s)\\]}*_]*(?:[-–‐‑‒](?!\\s+\\p{L})|[%٪％‰°^/÷×+<>≤≥=±…]|" +
    `(?:or|to|and|-)\\s+(?:${WORDS})\\b|(?:(?:and|&)\\s+)?(?:an?\\s+)?(?:${PARTS})\\b|(?:${COUNTED})\\b)`,
  "iu",
);
/** Between a score and the top of its scale. */
const OUT_OF = /^[\s*_)]*\(?\s*(?:\/|(?:out\s+)?of\s)[\s*_]*$/i;
/** Tops of the scales that people name, where the scale is not known. */
const TOPS = [5, 10, 100];

/**
 * @param top  of the scale, which may stand behind the score ("4.5/5", "4 out of 5"); without one it is 5, 10 or 100.
 * @returns the number that stands alone in the text. null where there is none, where there are several, and where the one
 *          goes on or is changed by what touches it: a comma, an exponent, a unit, a percent sign, a bound, a word that is
 *          none of those that stand beside a score.
 */
export function writtenScore(text: string, top?: number): number | null {
  const plain = plainText(text);
  // ½, ², ③, Ⅳ: they are numbers, and parts of numbers.
  if (/[\p{Nl}\p{No}]/u.test(plain)) return null;
  const [first, second, ...more] = [...plain.matchAll(NUMBER)];
  if (first === undefined || more.length > 0) return null;
  const score = decimalNumber(first[0]);
  const end = first.index + first[0].length;
  const before = plain.slice(0, first.index);
  if (score === null || !BEFORE.test(before) || CHANGED_BEFORE.test(before) || !leavesBefore(before))
    return null;
  if (second === undefined) return standsAlone(plain.slice(end)) ? score : null;
  const tops = top === undefined ? TOPS : [top];
  const named = Number(second[0]);
  if (!OUT_OF.test(plain.slice(end, second.index)) || !tops.includes(named) || score > named) return null;
  return standsAlone(plain.slice(second.index + second[0].length)) ? score : null;
}

function standsAlone(after: string): boolean {
  return AFTER.test(after) && !CHANGED_AFTER.test(after) && leavesBehind(after);
}

function plainText(text: string): string {
  return withPlainDigits(text.replace(TAG, " ")).replace(/[−－＋．٫]/g, (sign) => ALIKE[sign] ?? sign);
}

/** Decimal digits of every script as 0 to 9. */
export function withPlainDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, digitValue);
}

/** Decimal digits of a script are ten code points in a row from zero, so a run's length names the digit. */
function digitValue(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++;
  return String(before % 10);
}
