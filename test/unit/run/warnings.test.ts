/** What a run says when it begins: labels on no known scale, in its own evaluations too, rates that never come to the peak or hardly fall. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { train } from "../../../lib/run/train.js";
import { scheduleWarnings } from "../../../lib/run/warnings.js";
import { SCHEDULE_NAMES } from "../../../lib/train/schedule.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

test("a warm-up that is as long as the run", () => {
  for (const schedule of SCHEDULE_NAMES) {
    const options = { learningRate: 1, schedule, steps: 5 };
    if (schedule !== "inverse-sqrt") assert.deepEqual(scheduleWarnings({ ...options, warmupSteps: 4 }), []);
    assert.match(scheduleWarnings({ ...options, warmupSteps: 5 }).join(), /warmupSteps 5, but 5 steps/);
  }
});

test("a fall that hardly begins", () => {
  const options = { learningRate: 1e-6, schedule: "inverse-sqrt", warmupSteps: 0 } as const;
  assert.match(scheduleWarnings({ ...options, steps: 500 }).join(), /last of 500 steps still has 98 %/);
  assert.deepEqual(scheduleWarnings({ ...options, steps: 500, warmupSteps: 50 }), []);
  assert.deepEqual(scheduleWarnings({ ...options, steps: 500, scheduleTimescale: 100 }), []);
  assert.deepEqual(scheduleWarnings({ ...options, steps: 5000 }), []);
});

test("it is said at the start, before any step", async () => {
  const dir = scratchFolder();
  const dataset = [31, 64, 85].map((score) => {
    writeFileSync(join(dir, `q${score}.mp4`), "");
    return { video: join(dir, `q${score}.mp4`), score };
  });
  const events: TrainEvent[] = [];
  const told = async (out: string, more: object) => {
    events.length = 0;
    const config = { out: join(dir, out), steps: 2, videosPerStep: 2, warmupSteps: 3, ...more };
    const options = {
      dataset,
      evalDataset: dataset.slice(1),
      onEvent: (event: TrainEvent) => events.push(event),
    };
    await train(config, options, fakeEngine(fakeState()));
    return events
      .slice(
        0,
        events.findIndex(({ type }) => type === "step"),
      )
      .map((event) => {
        return event.type === "warning" ? `${event.afterStep} ${event.message.slice(0, 24)}` : event.type;
      });
  };
  assert.deepEqual(await told("a", {}), [
    "start",
    "0 3 of 3 labels are not on",
    "0 evaluation: 2 of 2 label",
    "0 warmupSteps 3, but 2 ste",
    "dryCheck",
  ]);
  const labelRange = { min: 0, max: 100 };
  assert.deepEqual(await told("b", { warmupSteps: 0, labelRange }), ["start", "dryCheck"]);
});
