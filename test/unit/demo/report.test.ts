/** The demonstration's table, traces and options, on made-up reports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import type { SetReport } from "../../../lib/demo/evaluate.js";
import { parseOptions } from "../../../lib/demo/options.js";
import { numbersOf, table, traces } from "../../../lib/demo/report.js";

function reports(
  srcc: number | null,
  word: string,
): Record<"inDomain" | "unseenContent" | "unseenDistortion", SetReport> {
  const predictions = [3, 1, 2].map((target) => ({
    video: `/a/${target}.mp4`,
    target,
    score: 2,
    status: "ok" as const,
  }));
  const one = {
    numbers: { srcc, plcc: 0.5, mae: 1.25, n: 3 },
    predictions,
    texts: ["c", "a", "b"].map((text) => word + text),
  };
  return { inDomain: one, unseenContent: one, unseenDistortion: one };
}

test("the table has a row a set with before and after; a missing correlation is said, not invented", () => {
  const rows = table({ before: numbersOf(reports(null, "")), after: numbersOf(reports(0.75, "")) });
  assert.equal(rows.length, 4);
  assert.match(rows[1] ?? "", /^in-domain +none -> 0\.750 +0\.500 -> 0\.500 +1\.250 -> 1\.250 +3$/);
});

test("traces are chosen by the true score, not by how well the model did", () => {
  const lines = traces(reports(0.1, "old "), reports(0.9, "new "));
  assert.deepEqual(lines.slice(0, 3), [
    "in-domain/1.mp4, true score 1.00",
    "  before  old a",
    "  after   new a",
  ]);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("in-domain")).map((line) => line.slice(10, 15)),
    ["1.mp4", "2.mp4", "2.mp4"],
  );
});

test("options: defaults, values, refusals", () => {
  assert.deepEqual(parseOptions([]), { seed: 1, json: null, preset: null });
  const { seed, json, preset } = parseOptions(["--seed", "7", "--json", "a.json", "--preset", "released"]);
  assert.deepEqual([seed, json, preset], [7, "a.json", "released"]);
  for (const args of [["--seed", "x"], ["--seed", "-1"], ["--sed", "1"], ["more"], ["--preset", "papre"]]) {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof EngineError && error.code === "E_OPTION",
      args.join(" "),
    );
  }
});
