/** A run that goes on refuses other settings, and says how a new one begins from it. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { resumeTraining } from "../../../lib/run/train.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

test("its last checkpoint is named as the model of a new run", async () => {
  const run = join(dir, "a run");
  for (const step of [4, 12]) mkdirSync(join(run, "checkpoints", `step-${step}`), { recursive: true });
  writeFileSync(join(run, "config.json"), "{}");
  const said = `npx vqathinker train --model '${join(run, "checkpoints", "step-12")}' --data FILE --out NEW`;
  for (const given of [{ steps: 40 }, { learningRate: 1e-5 }])
    await assert.rejects(resumeTraining(run, given as object), ({ code, message }: NodeJS.ErrnoException) => {
      const [key = "", value] = Object.entries(given)[0] ?? [];
      assert.equal(code, "E_OPTION");
      assert.ok(message.startsWith(`option ${key}: expected none: `), message);
      assert.ok(message.includes(`found ${value};`), message);
      return message.endsWith(said);
    });
});

test("where there is none, its place is told; an option of no run is unknown", async () => {
  const gone = join(dir, "gone");
  await assert.rejects(resumeTraining(gone, { seed: 1 } as object), {
    code: "E_OPTION",
    message: /--model .*gone\/checkpoints\/step-N --data/,
  });
  await assert.rejects(resumeTraining(gone, { step: 1 } as object), {
    message: /option step: no such option/,
  });
});
