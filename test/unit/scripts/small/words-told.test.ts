/** Words that answers name, by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsTold } from "../../../../scripts/small/words-told.js";

test("a kind is named where it is strong, invented where it is not, and null where nobody has it", () => {
  const told = wordsTold(
    [
      { severities: { blur: 0.9 }, answer: "<think> severe blur" },
      { severities: { blur: 0.8 }, answer: "<think> severe noise" },
      { severities: { blur: 0.2 }, answer: "<think> clean" },
      { severities: {}, answer: "<think> slight blur" },
    ],
    0.5,
  );
  const of = (kind: string) => told.find((one) => one.kind === kind);
  assert.deepEqual(of("blur"), { kind: "blur", named: 0.5, invented: 1 });
  assert.deepEqual(of("noise"), { kind: "noise", named: null, invented: 0.25 });
});
