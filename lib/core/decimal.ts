/** Numbers that stand in a text as decimals and nothing else. `Number` also takes hexadecimal, blanks and infinities. */

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/**
 * The number that the whole text writes: digits, a point, a sign and an exponent of ten, as programs print numbers, with
 * white space around them.
 *
 * @returns null for any other text (`0x10`, `1_000`, `1,5`, `Infinity`, nothing) and for what is too large for a double.
 */
export function decimalNumber(text: string): number | null {
  const written = text.trim();
  const value = DECIMAL.test(written) ? Number(written) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

/** So large a figure has no use for digits: a model that has left its scale. */
const LARGE = 1000;

/** A figure as a table shows it: `0.712`, `2e+10`. */
export function decimals(value: number, digits: number): string {
  return Math.abs(value) < LARGE ? value.toFixed(digits) : value.toExponential(0);
}
