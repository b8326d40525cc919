/** Texts of whole characters: JSON can write half of one (`"\ud83d"`), which UTF-8 and a tokenizer cannot. Pure. */
import { z } from "zod";

const HALF = /\p{Cs}/u;

/** The first half of a character that stands alone in a text; null where there is none. */
export function loneHalf(text: string): string | null {
  return HALF.exec(text)?.[0] ?? null;
}

export const wholeText = z
  .string()
  .refine((text) => loneHalf(text) === null, { message: "expected a text of whole characters" });
