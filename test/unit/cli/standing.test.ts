/** What a person reads after an error has ended a run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Standing } from "../../../lib/cli/standing.js";
import type { TrainSummary } from "../../../lib/run/run.js";

test("says what is saved and how to go on, once there is a run", () => {
  const standing = new Standing();
  assert.equal(standing.line(), "");
  standing.event({ type: "start", afterStep: 0, steps: 9, videos: 2, run: "/runs/a" });
  assert.equal(standing.line(), "nothing is saved yet; go on with: npx vqathinker train --resume /runs/a\n");
  standing.event({ type: "warning", afterStep: 4, message: "" });
  standing.event({ type: "checkpoint", afterStep: 3, path: "/runs/a/checkpoints/step-3" });
  assert.equal(standing.line(), "saved after step 3; go on with: npx vqathinker train --resume /runs/a\n");
  standing.event({ type: "start", afterStep: 7, steps: 9, videos: 2, run: "/runs/b" });
  assert.equal(standing.line(), "saved after step 7; go on with: npx vqathinker train --resume /runs/b\n");
});

test("says at the end where the model is, how a stopped run goes on, and that a finished one had nothing left", () => {
  const end: TrainSummary = {
    step: 9,
    steps: 9,
    stopped: false,
    run: "/a",
    checkpoint: "/a/checkpoints/step-9",
    because: null,
    best: null,
    adapters: false,
  };
  const standing = new Standing();
  const begin = (afterStep: number) =>
    standing.event({ type: "start", afterStep, steps: 9, videos: 2, run: "/a" });
  begin(0);
  assert.equal(
    standing.closing(end),
    "finished 9 steps: /a; its model scores with: npx vqathinker score --model /a/checkpoints/step-9 VIDEO\n",
  );
  assert.equal(
    standing.closing({ ...end, step: 4, stopped: true }),
    "stopped after step 4 of 9; go on with: npx vqathinker train --resume /a\n",
  );
  const best = { step: 3, srcc: 0.71234, checkpoint: "/a/checkpoints/step-3" };
  const early = {
    ...end,
    step: 6,
    because: "no higher SRCC in 2 evaluations: that of step 3 was 0.712",
    best,
  };
  assert.equal(
    standing.closing(early),
    "ended after step 6 of 9, no higher SRCC in 2 evaluations: that of step 3 was 0.712: /a; " +
      "its best model, of step 3 (SRCC 0.712), scores with: npx vqathinker score --model /a/checkpoints/step-3 VIDEO\n",
  );
  begin(6);
  assert.match(
    standing.closing(early),
    /^nothing was left to do: \/a has its 6 steps \(no higher SRCC .*\); a new run/,
  );
  begin(9);
  assert.match(
    standing.closing(end),
    /^nothing was left to do: .* npx vqathinker train --model \/a\/checkpoints\/step-9 --data FILE --out NEW\n$/,
  );
});

test("a run with adapters is gone on from by what merge makes of them", () => {
  const standing = new Standing();
  standing.event({ type: "start", afterStep: 9, steps: 9, videos: 2, run: "/a" });
  const end = { step: 9, steps: 9, stopped: false, because: null, best: null, run: "/a", checkpoint: "/a/c" };
  assert.match(
    standing.closing({ ...end, adapters: true }),
    /: npx vqathinker merge \/a\/c --out MERGED, then npx vqathinker train --model MERGED --data FILE --out NEW\n$/,
  );
});
