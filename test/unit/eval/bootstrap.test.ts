/** Intervals against scipy's percentile bootstrap of the same drawings (test/goldens/recipes/bootstrap.py), and against laws. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean, variance } from "../../../lib/core/stats.js";
import { type BootstrapInterval, bootstrap, isApart } from "../../../lib/eval/bootstrap.js";
import { plcc, srcc } from "../../../lib/eval/correlation.js";
import { golden } from "../../helpers/goldens.js";
import { coded } from "../../helpers/refused.js";

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly replicates: number;
  readonly level: number;
  readonly samples: readonly (readonly number[])[];
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const STATISTICS: Readonly<Record<string, (a: number[], b: number[], c: number[]) => number>> = {
  mean: (a) => mean(a),
  srcc: (a, b) => srcc(a, b),
  plcc: (a, b) => plcc(a, b),
  "srcc of ties": (a, b) => srcc(a, b),
  "difference of srcc": (a, b, c) => srcc(a, c) - srcc(b, c),
};

describe("bootstrap", () => {
  it("gives scipy's percentile intervals where it draws the same units", () => {
    const { cases } = golden("bootstrap") as { cases: Case[] };
    assert.deepEqual(cases.map(({ name }) => name).sort(), Object.keys(STATISTICS).sort());
    for (const { name, samples, seed, replicates, level, ...expected } of cases) {
      const statistic = STATISTICS[name] ?? assert.fail(name);
      const taken = (places: Int32Array) =>
        [0, 1, 2].map((i) => Array.from(places, (place) => samples[i]?.[place] ?? Number.NaN));
      const { figure } = bootstrap(
        { units: samples[0]?.length ?? 0 },
        ({ units }) => {
          const [a = [], b = [], c = []] = taken(units);
          return { figure: statistic(a, b, c) };
        },
        { seed, replicates, level },
      );
      for (const key of ["value", "low", "high"] as const)
        assert.ok(Math.abs((figure[key] ?? Number.NaN) - expected[key]) <= 1e-12, `${name} ${key}`);
      assert.equal(figure.omitted, 0);
    }
  });

  it("has more replicates begin with the fewer ones, and another seed draw otherwise", () => {
    const seen = (options: { seed?: number; replicates: number }) => {
      const drawings: string[] = [];
      bootstrap({ a: 3, b: 2 }, ({ a, b }) => ({ n: drawings.push(`${a} ${b}`) }), options);
      return drawings;
    };
    assert.deepEqual(seen({ replicates: 9 }).slice(0, 6), seen({ replicates: 5 }));
    assert.equal(seen({ replicates: 5 })[0], "0,1,2 0,1");
    assert.notDeepEqual(seen({ replicates: 5, seed: 1 }), seen({ replicates: 5 }));
  });

  it("draws crossed groups each by itself: variances of an additive figure add up", () => {
    const seeds = [0.4, -0.2, 0.1, 0.9];
    const videos = Array.from({ length: 30 }, (_, i) => Math.sin(5 * i));
    const means: number[] = [];
    bootstrap(
      { seeds: seeds.length, videos: videos.length },
      (drawn) => {
        const figure =
          mean(Array.from(drawn.seeds, (i) => seeds[i] ?? 0)) +
          mean(Array.from(drawn.videos, (i) => videos[i] ?? 0));
        means.push(figure);
        return { figure };
      },
      { replicates: 20_000 },
    );
    const law = variance(seeds, 0) / seeds.length + variance(videos, 0) / videos.length;
    // The relative error of a variance of 20 000 draws is √(2/20000) = 1 %.
    assert.ok(Math.abs(variance(means.slice(1), 0) / law - 1) < 0.04);
  });

  it("of two units has the smaller and the greater as bounds, of one no width", () => {
    const values = [3, 8];
    const both = bootstrap({ units: 2 }, ({ units }) => ({
      mean: mean(Array.from(units, (i) => values[i] ?? 0)),
    }));
    // Both are the same unit in a quarter of the drawings each.
    assert.deepEqual(both.mean, { value: 5.5, low: 3, high: 8, omitted: 0 });
    const one = bootstrap({ units: 1 }, () => ({ mean: 3 }));
    assert.deepEqual(one.mean, { value: 3, low: 3, high: 3, omitted: 0 });
  });

  it("leaves out replicates without the figure and says how many; none is no interval", () => {
    const values = [1, 2, 3];
    const { some, never } = bootstrap({ units: 3 }, ({ units }) => {
      const drawn = Array.from(units, (i) => values[i] ?? 0);
      return { some: srcc(drawn, drawn), never: Number.NaN };
    });
    // All three draw one unit: 3 of 27 drawings.
    assert.ok(some.omitted > 60 && some.omitted < 170, String(some.omitted));
    assert.deepEqual([some.value, some.low, some.high], [1, 1, 1]);
    assert.deepEqual(never, { value: null, low: null, high: null, omitted: 1000 });
  });

  it("refuses what it cannot draw from", () => {
    const figures = () => ({ one: 1 });
    const draw = (size: number, options?: object) => () => bootstrap({ units: size }, figures, options);
    assert.throws(draw(0), coded("E_OPTION", "sizes.units"));
    assert.throws(draw(2, { level: 1 }), coded("E_OPTION", "level"));
    assert.throws(draw(2, { level: 0 }), coded("E_OPTION", "level"));
    assert.throws(draw(2, { replicates: 0 }), coded("E_OPTION", "replicates"));
    assert.throws(draw(2, { seeds: 1 }), coded("E_OPTION", "seeds"));
  });
});

describe("isApart", () => {
  const interval = (low: number | null, high: number | null): BootstrapInterval => ({
    value: 0,
    low,
    high,
    omitted: 0,
  });

  it("is whether zero is outside", () => {
    assert.deepEqual(
      [
        interval(0.1, 0.2),
        interval(-0.2, -0.1),
        interval(-0.1, 0.1),
        interval(0, 0.1),
        interval(null, null),
      ].map(isApart),
      [true, true, false, false, null],
    );
  });
});
