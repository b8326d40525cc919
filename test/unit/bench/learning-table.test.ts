/** The table of learnings: means over seeds, and the interval of the first set's correlation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LearningRow, learningTable } from "../../../bench/learning-table.js";

const numbers = (srcc: number | null, mae = 1) => ({ srcc, plcc: null, mae, n: 10 });
function row(seed: number, inDomain: number, unseen: number | null): LearningRow {
  const after = {
    inDomain: numbers(inDomain, seed),
    unseenContent: numbers(unseen),
    unseenDistortion: numbers(0.25),
  };
  const cost = { steps: 300, seconds: 9, cpuSeconds: 10 * seed, tokens: 1000, oneBlock: 1 - seed / 100 };
  return { settings: "demo", seed, keys: {}, ...cost, before: after, after };
}

test("a row has means over its seeds, and Student's interval of the in-domain correlation", () => {
  const [, , line, ...more] = learningTable([row(2, 0.5, 0.5), row(1, 0.25, null)], ["other", "demo"]);
  // 12.706 · .125; predictions that are all equal count as no correlation.
  assert.equal(line, "| `demo` | 0.375 ± 1.588 | 0.250 | 0.250 | 1.50 | 98.5 % | 300 | 15 | 1000 | 1, 2 |");
  assert.deepEqual(more, []);
  const [, , alone = ""] = learningTable([row(1, 0.25, 0.5)], ["demo"]);
  assert.match(alone, /^\| `demo` \| 0\.250 \| 0\.500 /);
});
