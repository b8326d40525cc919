/** What a person reads of a run while it goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLines } from "../../../lib/cli/event-lines.js";

test("why a video is skipped is said once, however many steps draw it", () => {
  const lines = eventLines();
  const skipped = (video: string, atStep: number) =>
    lines({ type: "skipped", atStep, video, message: `${video}: no such file` });
  assert.equal(skipped("/v/a.mp4", 1), "skipped: /v/a.mp4: no such file");
  assert.equal(skipped("/v/b.mp4", 1), "skipped: /v/b.mp4: no such file");
  assert.equal(skipped("/v/a.mp4", 2), null);
  assert.equal(
    lines({ type: "skipped", atStep: 3, video: "/v/a.mp4", message: "/v/a.mp4: is empty" }),
    "skipped: /v/a.mp4: is empty",
    "another reason is news",
  );
  assert.equal(lines({ type: "emptyStep", atStep: 4, message: "step 4" }), "skipped: step 4");
});

test("a step says what its answers earned, and how many held no score or were left out", () => {
  const step = {
    ...{
      type: "step" as const,
      step: 1,
      steps: 2,
      learningRate: 1,
      seconds: 3,
      rolloutSeconds: 1,
      updateSeconds: 1,
    },
    ...{ reward: 1.5, rewards: { format: 1, judge: null }, varying: {}, unscored: 0.25, silentGroups: 0.5 },
    ...{
      scoreSpread: 0.5,
      targetSpread: 1,
      groupSpread: 0.1,
      parsed: 0.9,
      truncated: 0,
      offScale: 0,
      answerTokens: 9,
      loss: 0,
      kl: 0.01,
    },
    ...{ clipFraction: 0, ratio: 1, gradNorm: 1, completionTokens: 9 },
  };
  const line = eventLines()(step) ?? "";
  assert.match(
    line,
    /reward 1\.500 \(format 1\.00, judge none\) {2}left out 25 % {2}unparsed 10 % {2}score spread 0\.50/,
  );
  const whole = eventLines()({ ...step, reward: null, parsed: 1, unscored: 0 }) ?? "";
  assert.match(whole, /reward none \(.*\) {2}score spread/);
  const message = "dry check, 2 videos";
  assert.equal(eventLines()({ type: "dryCheck", atStep: 1, rewards: {}, message }), message);
});
