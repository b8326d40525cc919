/** Means, spreads, intervals and comparisons of made-up learnings. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RowResult } from "../../../lib/ablation/folder.js";
import { domainFigures, measuredOf } from "../../../lib/ablation/measured.js";
import { type AblationReport, reportOf } from "../../../lib/ablation/report.js";
import type { RowName } from "../../../lib/ablation/table.js";
import { plcc, srcc } from "../../../lib/eval/correlation.js";

const SIZES = { near: 40, far: 30, farther: 10 };

/** Scores that follow their labels with noise of this size; each of row, seed and set has its own. */
function result(row: RowName, seed: number, noise: number): RowResult {
  const sets = Object.entries(SIZES).map(([name, size], s) => ({
    name,
    domain: name === "near" ? ("inDomain" as const) : ("outOfDomain" as const),
    predictions: Array.from({ length: size }, (_, i) => {
      const target = 1 + (4 * i) / (size - 1);
      const wobble = Math.sin(7919 * (i + 1) + 131 * seed + 17 * s + row.length);
      return { video: `${name}-${i}`, target, score: target + noise * wobble, status: "ok" };
    }),
  }));
  return { row, seed, steps: 5, sets };
}

function report(noises: Partial<Record<RowName, number>>, seeds: number[]): AblationReport {
  const rows = Object.keys(noises) as RowName[];
  const results = rows.flatMap((row) => seeds.map((seed) => result(row, seed, noises[row] ?? 0)));
  return reportOf(results, { rows, seeds, model: "tiny", temporal: "answer" });
}

describe("domainFigures", () => {
  it("weigh each set by its number of videos", () => {
    const one = result("full", 1, 2);
    const { inDomain, outOfDomain } = domainFigures(measuredOf(one));
    const of = (name: string) => {
      const { predictions } = one.sets.find((set) => set.name === name) ?? assert.fail(name);
      const [scores, targets] = [
        predictions.map(({ score }) => score ?? 0),
        predictions.map(({ target }) => target),
      ];
      return { srcc: srcc(scores, targets), plcc: plcc(scores, targets) };
    };
    assert.equal(inDomain.srcc, of("near").srcc);
    const weighted = (30 * of("far").plcc + 10 * of("farther").plcc) / 40;
    assert.ok(Math.abs((outOfDomain.plcc ?? 0) - weighted) < 1e-12);
  });

  it("say why there is no correlation", () => {
    const reason = (score: (i: number) => number | null, target = (i: number) => i) => {
      const near = { ...result("full", 1, 1) };
      for (const [i, prediction] of (near.sets[0]?.predictions ?? []).entries())
        Object.assign(prediction, { score: score(i), target: target(i) });
      return measuredOf(near).sets[0]?.numbers.undefinedFor;
    };
    assert.equal(
      reason(() => 3),
      "all its scores are equal",
    );
    assert.equal(
      reason(() => null),
      "no video has a score",
    );
    assert.equal(
      reason((i) => (i === 4 ? 1 : null)),
      "one video alone has a score",
    );
    assert.equal(
      reason(
        (i) => i,
        () => 2,
      ),
      "all labels of its scored videos are equal",
    );
    assert.equal(
      reason((i) => (i === 4 ? null : i)),
      null,
    );
  });

  it("count no video without a score, and have no figure where a set has none", () => {
    const one = result("full", 1, 1);
    const near = one.sets[0]?.predictions ?? [];
    for (const prediction of near.slice(0, 5)) prediction.score = null;
    const measured = measuredOf(one);
    assert.deepEqual([measured.sets[0]?.numbers.videos, measured.sets[0]?.numbers.scored], [40, 35]);
    const rest = near.slice(5);
    const expected = srcc(
      rest.map(({ score }) => score ?? 0),
      rest.map(({ target }) => target),
    );
    assert.equal(domainFigures(measured).inDomain.srcc, expected);
    for (const prediction of one.sets[2]?.predictions ?? []) prediction.score = 3;
    const { outOfDomain } = domainFigures(measuredOf(one));
    assert.equal(outOfDomain.srcc, null);
    assert.ok((outOfDomain.mae ?? 0) > 0);
  });
});

describe("reportOf", () => {
  it("has means and sample deviations over seeds", () => {
    const { rows, seeds, steps } = report({ full: 2 }, [1, 2, 3]);
    assert.deepEqual([seeds, steps], [[1, 2, 3], 5]);
    const { inDomain, seeds: each } = rows[0] ?? assert.fail();
    const values = each.map((one) => one.inDomain.srcc ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / 3;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    assert.ok(Math.abs((inDomain.srcc.mean ?? 0) - mean) < 1e-12);
    assert.ok(Math.abs((inDomain.srcc.sd ?? 0) - sd) < 1e-12);
    const { low, high } = inDomain.srcc;
    assert.ok(low !== null && high !== null && low < mean && mean < high);
    assert.equal(inDomain.difference, null);
  });

  it("makes up no deviation of one seed", () => {
    const { rows } = report({ full: 2 }, [4]);
    const { sd, mean, low } = rows[0]?.inDomain.srcc ?? assert.fail();
    assert.equal(sd, null);
    assert.ok(mean !== null && low !== null && low < mean);
  });

  it("tells a row apart that is much worse, and not one that is the same", () => {
    const { rows } = report({ rank: 8, "rank-regression": 1, full: 1 }, [1, 2, 3]);
    const [rank, both, full] = rows.map(({ inDomain }) => inDomain);
    const apart = rank?.difference?.srcc ?? assert.fail();
    assert.equal(apart.isApart, true);
    assert.ok((apart.high ?? 0) < 0 && (apart.value ?? 0) < -0.2);
    const value = (rank?.srcc.mean ?? 0) - (full?.srcc.mean ?? 0);
    assert.ok(Math.abs((apart.value ?? 0) - value) < 1e-12);
    assert.equal(both?.difference?.srcc.isApart, false);
  });

  it("gives rows of equal scores a difference of nothing at all: the drawings are paired", () => {
    const same = result("full", 1, 3);
    const results = [{ ...same, row: "rank-regression" as const }, same];
    const { rows } = reportOf(results, {
      rows: ["rank-regression", "full"],
      seeds: [1],
      model: "tiny",
      temporal: "printed",
    });
    const { value, low, high, isApart } = rows[0]?.outOfDomain.difference?.plcc ?? assert.fail();
    assert.deepEqual([value, low, high, isApart], [0, 0, 0, false]);
    assert.notEqual(rows[0]?.outOfDomain.plcc.low, rows[0]?.outOfDomain.plcc.high);
  });

  it("compares nothing without the full row", () => {
    assert.equal(report({ rank: 1, regression: 1 }, [1, 2]).rows[0]?.inDomain.difference, null);
  });

  it("has no mean where a seed has no correlation", () => {
    const flat = result("full", 2, 1);
    for (const prediction of flat.sets[0]?.predictions ?? []) prediction.score = 3;
    const plan = { rows: ["full" as const], seeds: [1, 2], model: "tiny", temporal: "answer" as const };
    const { rows } = reportOf([result("full", 1, 1), flat], plan);
    const { mean, sd, omitted } = rows[0]?.inDomain.srcc ?? assert.fail();
    assert.deepEqual([mean, sd], [null, null]);
    assert.ok(omitted > 0);
  });
});
