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
