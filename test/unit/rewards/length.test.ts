/** VQ-Insight's length control, by hand: 0.2 for right answers of 320 to 512 tokens where two or more are right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthReward } from "../../../lib/rewards/length.js";
import type { RewardBatch } from "../../../lib/rewards/reward.js";
import { scored } from "../../helpers/reward-batch.js";

function batch(target: number, answers: readonly (readonly [score: number, tokens: number])[]): RewardBatch {
  const made = answers.map(([score, tokens]) => ({ text: "", score, tokens }));
  return { step: 1, seed: 1, videos: [{ id: "v", target, answers: made }] };
}

test("both ends are within, and only right answers earn it", () => {
  // Of target 50: 45 earns 0.9 and 6 earns 0.12, which are right; 5 earns 0.1 and 0 earns 0, which are not.
  const one = batch(50, [
    [45, 320],
    [45, 512],
    [45, 319],
    [45, 513],
    [6, 400],
    [5, 400],
    [0, 400],
  ]);
  assert.deepEqual(lengthReward()(one), [[0.2, 0.2, 0, 0, 0.2, 0, 0]]);
});

test("one right answer alone earns nothing, whatever its length", () => {
  assert.deepEqual(
    lengthReward()(
      batch(50, [
        [45, 400],
        [0, 400],
      ]),
    ),
    [[0, 0]],
  );
  assert.deepEqual(
    lengthReward({ atLeast: 1 })(
      batch(50, [
        [45, 400],
        [0, 400],
      ]),
    ),
    [[0.2, 0]],
  );
  // Two right ones, of which one is long enough.
  assert.deepEqual(
    lengthReward()(
      batch(50, [
        [45, 400],
        [45, 3],
      ]),
    ),
    [[0.2, 0]],
  );
});

test("answers come with their tokens, and options fit", () => {
  const refused = (run: () => unknown, message: RegExp) => assert.throws(run, { code: "E_OPTION", message });
  refused(() => lengthReward()(scored([{ target: 1, scores: [1] }])), /answers\[0\]\.tokens of 0/);
  refused(() => lengthReward({ minTokens: 9, maxTokens: 8 }), /maxTokens: expected an integer ≥ 9, found 8/);
  refused(() => lengthReward({ atLeast: 0 }), /atLeast/);
});

test("an answer that its judge leaves out is left out", () => {
  const given = batch(50, [
    [45, 400],
    [45, 400],
    [45, 400],
  ]);
  const judge = Object.assign(() => [[0.9, null, 0.9]], {}) as never;
  assert.deepEqual(lengthReward({ of: judge })(given), [[0.2, null, 0.2]]);
});
