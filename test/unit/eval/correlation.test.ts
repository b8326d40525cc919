/** Correlations against recorded numbers of scipy (test/goldens/recipes/correlation.py). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { krcc, mae, plcc, rmse, srcc } from "../../../lib/eval/correlation.js";
import { golden } from "../../helpers/goldens.js";

interface Case {
  name: string;
  x: number[];
  y: number[];
  srcc: number;
  plcc: number;
  krcc: number;
  rmse: number;
}

test("SRCC, PLCC, tau-b and RMSE equal scipy's, with ties too", () => {
  const { cases } = golden("statistics") as { cases: Case[] };
  assert.ok(cases.length >= 7);
  for (const { name, x, y, ...expected } of cases) {
    for (const [metric, value] of Object.entries({
      srcc: srcc(x, y),
      plcc: plcc(x, y),
      krcc: krcc(x, y),
      rmse: rmse(x, y),
    })) {
      const want = expected[metric as keyof typeof expected];
      // PLCC of values around a million loses six digits to their mean in any program.
      assert.ok(
        Math.abs(value - want) <= (name === "large offset" ? 1e-9 : 1e-12) * Math.max(1, want),
        `${name} ${metric} ${value} ${want}`,
      );
    }
  }
});

test("what has no correlation is NaN, not zero", () => {
  for (const metric of [srcc, plcc, krcc]) {
    assert.ok(Number.isNaN(metric([1, 1, 1], [1, 2, 3])));
    assert.ok(Number.isNaN(metric([], [])));
    assert.throws(() => metric([1], [1, 2]), { code: "E_OPTION" });
  }
  assert.equal(mae([1, 2], [2, 4]), 1.5);
});
