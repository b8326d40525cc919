/** What a person reads after an error has ended a run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Standing } from "../../../lib/cli/standing.js";

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
