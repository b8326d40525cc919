/** An ablation's lines, of a made-up report. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AblationReport, DomainReport, RowReport } from "../../../lib/ablation/report.js";
import { type RowName, TABLE_4 } from "../../../lib/ablation/table.js";
import { ablationLines } from "../../../lib/cli/ablation-table.js";

const figure = { mean: 0.6123, sd: 0.0214, low: 0.55, high: 0.651, omitted: 0 };
const difference = { value: -0.1204, low: -0.2, high: -0.03, omitted: 0, isApart: true };
const none = { value: 0.0101, low: -0.02, high: 0.04, omitted: 0, isApart: false };

function row(
  name: RowName,
  domain: Partial<DomainReport> = {},
  missing = 0,
  undefinedFor: string | null = null,
): RowReport {
  const { title, paper } = TABLE_4[name];
  const whole = { srcc: figure, plcc: figure, mae: { mean: 0.7, sd: 0.031 }, difference: null, ...domain };
  const numbers = { srcc: 0.6, plcc: 0.6, mae: 0.7 };
  const set = { name: "near", domain: "inDomain" as const, ...numbers };
  const sets = [{ ...set, videos: 10, scored: 10 - missing, undefinedFor }];
  const seeds = [{ seed: 1, sets, inDomain: numbers, outOfDomain: numbers }];
  return { row: name, title, paper, inDomain: whole, outOfDomain: whole, seeds };
}

function lines(rows: readonly RowReport[], more: Partial<AblationReport> = {}): string[] {
  return ablationLines({
    table: 4,
    model: "tiny-start",
    temporal: "answer",
    seeds: [1, 2, 3],
    steps: 50,
    level: 0.95,
    replicates: 1000,
    rows,
    ...more,
  });
}

const RANK = row("rank", { difference: { srcc: difference, plcc: difference } });

describe("ablationLines", () => {
  it("has a table a domain with the paper's numbers beside", () => {
    const all = lines([RANK, row("full")]);
    assert.match(
      all[0] ?? "",
      /^Table 4 by tiny-start, 3 seeds, 50 steps a learning: .*95 % interval of 1000/,
    );
    assert.match(all[2] ?? "", /^in-domain +SRCC +paper +PLCC +paper +mean error$/);
    assert.equal(
      all[3],
      "rank alone   0.612 ± 0.021 [0.550, 0.651]  0.780  0.612 ± 0.021 [0.550, 0.651]  0.785  0.70 ± 0.03",
    );
    assert.match(all[6] ?? "", /^out-of-domain +SRCC/);
    assert.match(all[8] ?? "", /^full method .* 0\.662 .* 0\.698 /);
  });

  it("says what differs from the full method, and what cannot be told apart from it", () => {
    const alike = row("regression", { difference: { srcc: none, plcc: none } });
    const all = lines([RANK, alike, row("full")]);
    assert.ok(all.some((line) => /^ {2}rank alone: .*in-domain −0\.120 \[−0\.200, −0\.030\] /.test(line)));
    const same =
      /regression alone: +in-domain cannot be told apart with these seeds \+0\.010 \[−0\.020, \+0\.040\]/;
    assert.ok(all.some((line) => same.test(line)));
  });

  it("makes nothing up: no spread of one seed, no figure where there is none", () => {
    const single = { ...figure, sd: null };
    const empty = { mean: null, sd: null, low: null, high: null, omitted: 1000 };
    const all = lines([row("full", { srcc: single, plcc: empty, mae: { mean: 0.7, sd: null } })], {
      seeds: [1],
    });
    assert.equal(all[3], "full method  0.612 ± no sd [0.550, 0.651]  0.855  none  0.866  0.70");
    assert.ok(all.some((line) => line.startsWith("One seed: there is no spread over seeds")));
    assert.ok(all.includes("Beside the full row there is none to compare."));
    assert.ok(all.some((line) => line.startsWith("Replicates in which")));
    assert.ok(lines([RANK]).includes("Without the full row there is nothing to compare with."));
  });

  it("says why a row has no correlation", () => {
    const all = lines([row("rank", {}, 0, "all its scores are equal"), row("full")]);
    assert.ok(
      all.includes("rank alone: no correlation, all its scores are equal (near with seed 1)."),
      all.join("\n"),
    );
    assert.equal(all.filter((line) => /: no correlation,/.test(line)).length, 1);
  });

  it("says how many videos have no score, how the temporal reward is read, and that sizes are not the paper's", () => {
    const all = lines([row("no-reasoning", {}, 3), row("full")]);
    assert.ok(all.includes("without reasoning: 3 of 10 videos have no score and count in no figure."));
    assert.ok(all.some((line) => /as printed it teaches nothing/.test(line)));
    assert.ok(lines([row("full")], { temporal: "printed" }).some((line) => /is as printed/.test(line)));
    assert.ok(!lines([row("rank")]).some((line) => /temporal/.test(line)));
    assert.match(all.at(-1) ?? "", /compare directions with them, not sizes/);
    assert.ok(all.some((line) => /over 3 seeds they are too narrow/.test(line)));
  });
});
