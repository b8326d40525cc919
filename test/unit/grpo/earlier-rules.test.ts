/** A run goes on reading answers as it read them when it began. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readAsBegun } from "../../../lib/grpo/earlier-rules.js";
import { buildRewards } from "../../../lib/grpo/rewards.js";
import { parseConfig } from "../../../lib/run/config.js";
import { parseAnswer } from "../../../lib/text/answer.js";
import { batchOf, flat } from "../../helpers/reward-batch.js";

const config = parseConfig({ out: "run" });
const twoBlocks = "<think>a</think><answer>3</answer><answer>3,5</answer>";

async function earned(rules: 1 | 2): Promise<unknown> {
  const { answers, ...keys } = readAsBegun({ ...config, rules });
  const format = await buildRewards(keys).get("format")?.(batchOf([{ target: 3, texts: [twoBlocks] }]));
  return [parseAnswer(twoBlocks, { variant: answers }).score, flat(format ?? [])];
}

test("by rules 1 the first number is the score and two blocks have the format", async () => {
  assert.deepEqual(await earned(1), [3, [1]]);
  assert.deepEqual(await earned(2), [null, [0]]);
});

test("what a run named itself stays", () => {
  for (const answers of ["released", "strict"] as const)
    assert.equal(readAsBegun({ ...config, answers, rules: 1 as const }).answers, answers);
  const latest = { ...config, rules: 2 as const };
  assert.deepEqual(readAsBegun(latest), latest);
});
