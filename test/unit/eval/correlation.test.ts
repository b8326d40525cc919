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

test("a constant has no correlation, whether or not its mean is exact", () => {
  for (const value of [0.1, 0.3, 1.1, 3.3, 1e15 / 3, -0.7]) {
    for (let count = 2; count <= 9; count++) {
      const same = new Array<number>(count).fill(value);
      const rising = same.map((_, i) => i);
      for (const metric of [srcc, plcc, krcc]) {
        assert.ok(Number.isNaN(metric(same, rising)), `${value} × ${count}`);
        assert.ok(Number.isNaN(metric(rising, same)), `${value} × ${count}`);
        assert.ok(Number.isNaN(metric(same, same)), `${value} × ${count}`);
      }
    }
  }
});

test("one pair or none has no correlation, two have a whole one", () => {
  for (const metric of [srcc, plcc, krcc]) {
    assert.ok(Number.isNaN(metric([1], [2])));
    assert.ok(Math.abs(metric([1, 2], [5, 7]) - 1) < 1e-15);
    assert.ok(Math.abs(metric([1, 2], [7, 5]) + 1) < 1e-15);
  }
});

test("a NaN on either side makes every number NaN, as scipy has it", () => {
  for (const metric of [srcc, plcc, krcc, rmse, mae]) {
    for (let place = 0; place < 5; place++) {
      const torn = [5, 4, 3, 2, 1].map((value, i) => (i === place ? Number.NaN : value));
      assert.ok(Number.isNaN(metric(torn, [1, 2, 3, 4, 5])), metric.name);
      assert.ok(Number.isNaN(metric([1, 2, 3, 4, 5], torn)), metric.name);
    }
  }
});

test("ranks take infinities, moments do not", () => {
  const [x, y] = [
    [1, Infinity, 2, Infinity, -Infinity],
    [1, 5, 2, 4, 0],
  ];
  const finite = [1, 9, 2, 9, -9];
  assert.equal(srcc(x, y), srcc(finite, y));
  assert.equal(krcc(x, y), krcc(finite, y));
  assert.ok(Number.isNaN(plcc(x, y)));
});

test("what is no number is refused by its place, not taken for 0", () => {
  for (const metric of [srcc, plcc, krcc, rmse, mae])
    for (const value of [null, undefined, "3"])
      assert.throws(() => metric([1, 2, 3], [1, value as never, 3]), {
        code: "E_OPTION",
        message: /option targets\[1\]: expected a number, found/,
      });
});

test("values at the ends of a double's range correlate as their multiples do", () => {
  for (const unit of [1e160, 1e200, 4e307, 1e-160, 1e-200, 5e-324, 2 ** 1021]) {
    const values = [1, 2, 3, 4].map((value) => value * unit);
    assert.ok(Math.abs(plcc(values, [1, 2, 3, 4]) - 1) <= 1e-15, `${unit}`);
    assert.ok(Math.abs(plcc([4, 3, 2, 1], values) + 1) <= 1e-15, `${unit}`);
  }
  assert.equal(plcc([-Number.MAX_VALUE, 0, Number.MAX_VALUE], [1, 2, 3]), 1);
  assert.equal(plcc([Number.NEGATIVE_INFINITY, 0, 1], [1, 2, 3]), Number.NaN);
});

test("values that agree in all pairs have a rank correlation of 1, none above", () => {
  for (let count = 2; count <= 40; count++) {
    const rising = Array.from({ length: count }, (_, i) => i);
    const tied = rising.map((value) => Math.floor(value / 2));
    const falling = rising.map((value) => -value);
    for (const metric of [srcc, krcc]) {
      assert.equal(metric(rising, rising), 1, `${count}`);
      assert.equal(metric(rising, falling), -1, `${count}`);
      if (count > 2) assert.equal(metric(tied, tied), 1, `${count} tied`);
    }
  }
});

test("what is no list is refused by name", () => {
  for (const metric of [srcc, plcc, krcc, rmse, mae])
    for (const wrong of [null, undefined, 3, {}, "12"]) {
      assert.throws(() => metric(wrong as never, [1, 2]), { code: "E_OPTION", message: /predictions/ });
      assert.throws(() => metric([1, 2], wrong as never), { code: "E_OPTION", message: /targets/ });
    }
});
