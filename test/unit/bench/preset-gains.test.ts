/** The table of what presets gain: means, signs, and Student's interval by values worked out by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gainTable, halfInterval, type PresetRow } from "../../../bench/preset-gains.js";

test("the interval of a mean is Student's over the seeds", () => {
  // Deviation .1 of three values: 4.303 · .1 / √3.
  assert.ok(Math.abs((halfInterval([0.1, 0.2, 0.3]) ?? 0) - 0.248434) < 1e-6);
  assert.ok(Math.abs((halfInterval([0, 1]) ?? 0) - 12.706 * 0.5) < 1e-12);
  assert.equal(halfInterval([0.5]), null);
  const twelve = Array.from({ length: 12 }, (_, i) => i % 2);
  assert.ok(Math.abs((halfInterval(twelve) ?? 0) - 1.96 * Math.sqrt(3 / 11 / 12)) < 1e-12);
});

const numbers = (srcc: number | null, mae = 1) => ({ srcc, plcc: null, mae, n: 10 });
function row(seed: number, gains: readonly [number, number, number | null]): PresetRow {
  const [inDomain, unseenContent, unseenDistortion] = gains.map((gain) =>
    gain === null ? null : 0.25 + gain,
  );
  return {
    preset: "released",
    seed,
    steps: 1,
    seconds: 1,
    overlay: {},
    before: { inDomain: numbers(0.25, 2), unseenContent: numbers(0.25), unseenDistortion: numbers(0.25) },
    after: {
      inDomain: numbers(inDomain ?? null, 0.5),
      unseenContent: numbers(unseenContent ?? null),
      unseenDistortion: numbers(unseenDistortion ?? null),
    },
  };
}

test("a row has each set's mean gain, the mean of all with its interval, and the error", () => {
  const rows = [row(2, [0.5, 0.25, 0]), row(1, [0.25, 0.25, -0.25])];
  const [, , line] = gainTable(rows, ["paper", "released"]);
  // Means by seed: .25 and .0833, so .1667 and 12.706 · .0833.
  assert.equal(line, "| `released` | +0.375 | +0.250 | −0.125 | +0.167 ± 1.059 | 2.00 → 0.50 | 1, 2 |");
  const far = {
    ...row(1, [0, 0, 0]),
    after: { ...row(1, [0, 0, 0]).after, inDomain: numbers(0.25, 1.8e10) },
  };
  assert.match(gainTable([far], ["released"])[2] ?? "", /\| 2\.00 → 2e\+10 \|/);
  const [, , constant] = gainTable([row(1, [0.5, 0.25, null])], ["released"]);
  assert.match(constant ?? "", /\+0\.500 \| \+0\.250 \| −0\.250 \| \+0\.167 \| /);
});
