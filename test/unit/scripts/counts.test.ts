/** How `npm test` counts: what was skipped is neither passed nor failed, whoever ran it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
interface Report {
  readonly tests: number;
  readonly failures: number;
  readonly disabled: number;
  readonly errors: number;
  readonly testsuites: readonly {
    readonly name: string;
    readonly testsuite: readonly { readonly name: string; readonly result: string }[];
  }[];
}
const { countTap, countGoogleTest, skippedCases, withExitCode, summary } = (await import(
  pathToFileURL(join(packageRoot(), "scripts", "counts.mjs")).href
)) as {
  countTap: (text: string) => Counts;
  countGoogleTest: (reports: readonly Report[]) => Counts;
  skippedCases: (report: Report) => readonly string[];
  withExitCode: (counts: Counts, code: number) => Counts;
  summary: (suites: readonly [string, Counts][]) => { lines: string[]; last: string; failed: number };
};

const report = (results: Readonly<Record<string, string>>, failures = 0): Report => ({
  tests: Object.keys(results).length,
  failures,
  disabled: 0,
  errors: 0,
  testsuites: [
    { name: "Suite", testsuite: Object.entries(results).map(([name, result]) => ({ name, result })) },
  ],
});

describe("the counts of npm test", () => {
  it("are read from what Node's runner writes", () => {
    const file = join(scratchFolder(), "some.test.mjs");
    const body = [
      'import { it } from "node:test";',
      'it("passes", () => {});',
      'it("passes too", () => {});',
      'it("waits for a card", { skip: "no card" }, () => {});',
      'it("fails", () => { throw new Error("no"); });',
    ];
    writeFileSync(file, body.join("\n"));
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", file], {
      encoding: "utf8",
      env,
    });
    assert.deepEqual(countTap(stdout), { passed: 2, failed: 1, skipped: 1 });
  });

  it("are nothing where nothing was written", () => {
    assert.deepEqual(countTap(""), { passed: 0, failed: 0, skipped: 0 });
    assert.deepEqual(countGoogleTest([]), { passed: 0, failed: 0, skipped: 0 });
  });

  it("are read from GoogleTest's reports, of all programs", () => {
    const one = report({ A: "COMPLETED", B: "SKIPPED", C: "COMPLETED" }, 1);
    const other = report({ D: "COMPLETED" });
    assert.deepEqual(countGoogleTest([one, other]), { passed: 2, failed: 1, skipped: 1 });
    assert.deepEqual(skippedCases(one), ["Suite.B"]);
  });

  it("make a program that fails without a failed test one failure", () => {
    assert.deepEqual(withExitCode({ passed: 3, failed: 0, skipped: 1 }, 1), {
      passed: 2,
      failed: 1,
      skipped: 1,
    });
    assert.deepEqual(withExitCode({ passed: 3, failed: 2, skipped: 0 }, 1).failed, 2);
  });

  it("end in one line of what passed and failed, with the skipped ones before it", () => {
    const { lines, last, failed } = summary([
      ["TypeScript tests", { passed: 5, failed: 1, skipped: 2 }],
      ["C++ tests", { passed: 7, failed: 0, skipped: 0 }],
    ]);
    assert.deepEqual(lines, [
      "TypeScript tests: 5 passed, 1 failed, 2 skipped",
      "C++ tests: 7 passed, 0 failed",
      "2 skipped, for the reasons above",
    ]);
    assert.equal(last, "12 passed, 1 failed");
    assert.equal(failed, 1);
  });
});
