/** Memory of the cards that people have, by name. */
import { optionError } from "../core/check.js";
import { decimalNumber } from "../core/decimal.js";

const GIB = 2 ** 30;
const CARDS: Readonly<Record<string, number>> = {
  rtx3090: 24,
  rtx4090: 24,
  rtx5090: 32,
  l4: 24,
  l40s: 48,
  a6000: 48,
  "a100-40": 40,
  a100: 80,
  h100: 80,
  h200: 141,
  b200: 180,
};

export interface Card {
  readonly name: string;
  readonly bytes: number;
}

/**
 * @param text  A name of the table, or a number of GiB.
 * @throws {EngineError} E_OPTION.
 */
export function parseCard(text: string): Card {
  const gib = CARDS[text.toLowerCase()] ?? decimalNumber(text) ?? 0;
  if (gib <= 0) throw optionError("card", `a number of GiB or one of ${Object.keys(CARDS).join(", ")}`, text);
  return { name: text, bytes: gib * GIB };
}
