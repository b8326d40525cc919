/** A state that a run cannot go on from: what is broken may be taken away, what is another configuration's may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import type { Trainer } from "../../../lib/model/types.js";
import { loadCheckpoint } from "../../../lib/run/load-checkpoint.js";

const failing = (error: Error) => ({ load: () => Promise.reject(error) }) as unknown as Trainer;
const load = (error: Error, before = 4) =>
  loadCheckpoint(failing(error), { step: 6, dir: "run/step-6", before });

test("a broken one is told with what the run goes on from without it", async () => {
  const broken = new EngineError("E_FORMAT", "cut short");
  await assert.rejects(load(broken), {
    code: "E_FORMAT",
    message: "cut short; without the folder run/step-6 the run goes on from step 4",
  });
  await assert.rejects(load(broken, 0), { message: /goes on from its start$/ });
});

test("one of another configuration is not to be taken away", async () => {
  const other = new EngineError("E_FORMAT", "has alpha 4", { details: { ofAnother: true } });
  await assert.rejects(load(other), {
    code: "E_FORMAT",
    message:
      "has alpha 4; what lies in run/step-6 or the run's config.json was edited since it was saved: put that back as it was",
  });
});

test("other failures stay as they are", async () => {
  const memory = new EngineError("E_MEMORY", "none left");
  await assert.rejects(load(memory), memory);
});
