/** Which rewards are told to teach nothing, and why. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StepEvent } from "../../../lib/grpo/event.js";
import { RewardWatch } from "../../../lib/grpo/watch.js";

const watched = (steps: readonly { rewards: object; varying: object }[]) => {
  const watch = new RewardWatch();
  return steps.map((step) => watch.observe({ ...step, steps: 300 } as StepEvent));
};

test("a reward that never varied in the first steps, and one that judged nobody", () => {
  const step = { rewards: { flat: 1, none: null, good: 1 }, varying: { flat: 0, none: 0, good: 0 } };
  const said = watched([
    ...Array.from({ length: 4 }, () => step),
    { ...step, varying: { ...step.varying, good: 0.1 } },
    step,
  ]);
  assert.deepEqual(
    said.map((warnings) => warnings.map(({ reward }) => reward)),
    [[], [], [], [], ["flat", "none"], []],
  );
  assert.match(said[4]?.[0]?.message ?? "", /^reward flat never varied within a group in 5 steps/);
  assert.match(
    said[4]?.[1]?.message ?? "",
    /^reward none left out every answer in 5 steps: does the list hold/,
  );
});
