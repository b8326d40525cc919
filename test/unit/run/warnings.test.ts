/** What a run says when it begins: labels on no known scale, a warm-up without end. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { train } from "../../../lib/run/train.js";
import { labelWarnings, warmupWarnings } from "../../../lib/run/warnings.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const model = { min: 1, max: 5 };
const labels = (...scores: number[]) => scores.map((score, i) => ({ id: `v${i}`, score }));

test("labels that are on no known scale and off the model's: how many, what range, which option", () => {
  assert.deepEqual(labelWarnings(labels(1, 2.5, 5), undefined, model), []);
  const [said = "", ...more] = labelWarnings(labels(3, 64.2, 31, 85), undefined, model);
  assert.deepEqual(more, []);
  assert.match(
    said,
    /^3 of 4 labels are not on the model's scale, 1 to 5, .*from 3 to 85; set labelRange to their scale, such as min 0 and max 100/,
  );
  assert.match(said, /labelScale/);
  assert.deepEqual(labelWarnings(labels(3, 64.2), { min: 0, max: 100 }, model), []);
  assert.match(labelWarnings(labels(0.2, 0.9), undefined, model).join(), /^2 of 2 .* 0\.2 to 0\.9/);
});

test("a row's own scale counts, and a label off the scale that it is said to be on is told", () => {
  const scaled = [...labels(3), { id: "own", score: 60, scale: { min: 0, max: 100 } }];
  assert.deepEqual(labelWarnings(scaled, undefined, model), []);
  const off = [...scaled, { id: "off", score: 120, scale: { min: 0, max: 100 } }];
  assert.match(labelWarnings(off, undefined, model).join(), /^1 of 3 labels .*off: 120 on 0 to 100/);
  assert.match(
    labelWarnings(labels(3, 12), { min: 0, max: 10 }, model).join(),
    /^1 of 2 .*v1: 12 on 0 to 10/,
  );
});

test("a warm-up that is as long as the run", () => {
  assert.deepEqual(warmupWarnings({ warmupSteps: 4, steps: 5 }), []);
  assert.match(warmupWarnings({ warmupSteps: 5, steps: 5 }).join(), /warmupSteps 5, but 5 steps/);
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
    await train(config, { dataset, onEvent: (event) => events.push(event) }, fakeEngine(fakeState()));
    return events
      .slice(
        0,
        events.findIndex(({ type }) => type === "step"),
      )
      .map((event) => {
        return event.type === "warning" ? `${event.afterStep} ${event.message.slice(0, 11)}` : event.type;
      });
  };
  assert.deepEqual(await told("a", {}), ["start", "0 3 of 3 labe", "0 warmupSteps", "dryCheck"]);
  const labelRange = { min: 0, max: 100 };
  assert.deepEqual(await told("b", { warmupSteps: 0, labelRange }), ["start", "dryCheck"]);
});
