/** What the suites of `npm test` count: tests that passed, failed and were skipped, each a number of its own. */

const NONE = { passed: 0, failed: 0, skipped: 0 };

/** From the end of what Node's test runner wrote as TAP. */
export function countTap(text) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
  };
}

/** From the reports that GoogleTest wrote as JSON, one a program. */
export function countGoogleTest(reports) {
  return reports.reduce((total, report) => {
    const failed = report.failures + report.errors;
    const skipped = skippedCases(report).length + report.disabled;
    return sum(total, { failed, skipped, passed: report.tests - failed - skipped });
  }, NONE);
}

/** Names of the cases of a report that were skipped. */
export function skippedCases(report) {
  return report.testsuites.flatMap(({ name: suite, testsuite }) =>
    testsuite.filter(({ result }) => result === "SKIPPED").map(({ name }) => `${suite}.${name}`),
  );
}

/** A program that fails without having counted why is one failure. */
export function withExitCode({ passed, failed, skipped }, code) {
  if (code === 0 || failed > 0) return { passed, failed, skipped };
  return { passed: Math.max(0, passed - 1), failed: 1, skipped };
}

/** A line for each suite, `[name, counts]`, then the one that says how `npm test` ended. */
export function summary(suites) {
  const skippedOf = ({ skipped }) => (skipped > 0 ? `, ${skipped} skipped` : "");
  const lines = suites.map(
    ([name, counts]) => `${name}: ${counts.passed} passed, ${counts.failed} failed${skippedOf(counts)}`,
  );
  const total = suites.map(([, counts]) => counts).reduce(sum, NONE);
  if (total.skipped > 0) lines.push(`${total.skipped} skipped, for the reasons above`);
  return { lines, last: `${total.passed} passed, ${total.failed} failed`, failed: total.failed };
}

function sum(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
