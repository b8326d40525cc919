/** Texts that are numbers: a label, a flag; and those that only `Number` takes for one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNumber } from "../../../lib/cli/options.js";
import { decimalNumber } from "../../../lib/core/decimal.js";
import { parseCard } from "../../../lib/inspection/cards.js";

const NUMBERS: [string, number][] = [
  ["3", 3],
  ["3.50", 3.5],
  ["-1", -1],
  ["+3", 3],
  [".5", 0.5],
  ["3.", 3],
  ["007", 7],
  ["3.2e+00", 3.2],
  ["1E-7", 1e-7],
  [" 3.5\t", 3.5],
];
const OTHERS =
  "0x10 0b11 0o17 0X1F 1_000 1,5 1,000 1.2.3 1e 1e1.5 e5 . - + +-3 --3 3% 3/5 ３ ٣ −3 NaN Infinity -Infinity 1e999 3f 3n null 1e0x1"
    .split(" ")
    .concat("", "  ", "1 000", "- 3", "3 4");

test("a decimal, with sign, point and exponent as programs print it", () => {
  for (const [text, expected] of NUMBERS) assert.equal(decimalNumber(text), expected, text);
  for (const text of OTHERS) assert.equal(decimalNumber(text), null, text);
});

test("what a program prints of any number is read back", () => {
  for (const value of [0, 1 / 3, 5e-324, 1.7976931348623157e308, -123456789.125, 1e21])
    assert.equal(decimalNumber(String(value)), value);
});

test("numbers of flags are the same texts", () => {
  for (const [text, expected] of NUMBERS) assert.equal(parseNumber(text), expected, text);
  for (const text of OTHERS) assert.throws(() => parseNumber(text), /expected a number/, text);
  assert.equal(parseCard("24").bytes, 24 * 2 ** 30);
  for (const text of ["0x18", "0", "-1", "", "1e999"])
    assert.throws(() => parseCard(text), { code: "E_OPTION" }, text);
});
