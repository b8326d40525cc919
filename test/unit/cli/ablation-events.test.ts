/** An ablation's events as lines: what is learned is named once, its steps and all else that a person must know below it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AblationEvent } from "../../../lib/ablation/event.js";
import { ablationEvents } from "../../../lib/cli/ablation-events.js";
import { Screen } from "../../../lib/core/screen.js";

function told(events: readonly object[]): string[] {
  let text = "";
  const out = { write: (more: string) => (text += more), isTTY: false, columns: 80 };
  const tell = ablationEvents(new Screen(out as unknown as NodeJS.WriteStream));
  for (const event of events) tell(event as AblationEvent);
  return text.trimEnd().split("\n");
}

const sft = { type: "step", loss: 0.5, gradNorm: 1, completionTokens: 9, seconds: 1, steps: 1 };

test("a start and a learning are named when they begin", () => {
  const starting = { type: "starting", start: "no-motion", seed: 2 };
  const learning = { type: "learning", row: "no-motion", seed: 2 };
  const skipped = { type: "skipped", atStep: 1, video: "a.mp4", message: "a.mp4: broken" };
  const lines = told([
    { type: "begin", done: 3, count: 9 },
    { type: "rendering", done: 5, count: 5 },
    { ...starting, event: { type: "start", afterStep: 0, steps: 1, videos: 4, run: "run" } },
    { ...starting, event: { ...sft, step: 1 } },
    { ...learning, event: skipped },
    { ...learning, event: { type: "warning", afterStep: 1, message: "scores have left the scale" } },
    { ...learning, event: { type: "checkpoint", afterStep: 1, path: "x" } },
    { type: "measuring", row: "no-motion", seed: 2, done: 7, count: 7 },
    { type: "measured", row: "no-motion", seed: 2, done: 4, count: 9 },
  ]);
  assert.deepEqual(lines, [
    "3 of 9 learnings are there already",
    "rendering clips 5/5",
    "start no-motion, seed 2",
    "  step 1/1  loss 0.5000  gradient norm 1.00  9 tokens  1.0 s  ETA 00:00",
    "without motion, seed 2",
    "  skipped: a.mp4: broken",
    "  warning: scores have left the scale",
    "  scored 7/7",
    "  4 of 9 learnings are measured",
  ]);
});
