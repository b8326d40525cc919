/** What the demonstration sets over a preset, and what it leaves alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../lib/checkpoint/settings.js";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { newlyRuled } from "../../../lib/core/rules.js";
import { trainingConfig } from "../../../lib/demo/training.js";
import { grpoMethod } from "../../../lib/grpo/method.js";
import { PRESET_NAMES, presets } from "../../../lib/presets/presets.js";
import { parseConfig } from "../../../lib/run/config.js";
import { overlayLines, overlayOf } from "../../../lib/trial/overlay.js";

/** Model and what it sees, prompt, learning rate, schedule, steps, videos of a step, lengths, trained parts, and the machine. */
const ALLOWED = [
  "model",
  "frames",
  "imageSize",
  "template",
  "learningRate",
  "warmupSteps",
  "schedule",
].concat(["steps", "videosPerStep", "maxNewTokens", "trainable", "threads", "checkpointEvery"]);

for (const name of PRESET_NAMES)
  test(`${name}: the overlay sets what it may, and all else stays the preset's`, () => {
    const overlay = overlayOf(name);
    assert.deepEqual(
      Object.keys(overlay).filter((key) => !ALLOWED.includes(key)),
      [],
    );
    const config = parseConfig(trainingConfig("run", "list", 7, { preset: name, prompt: "p", model: "dir" }));
    const alone = parseConfig({ out: "run", data: "list", prompt: "p", preset: name, seed: 7 });
    const others = (of: object) =>
      Object.fromEntries(Object.entries(of).filter(([key]) => !ALLOWED.includes(key)));
    assert.deepEqual(others(config), others(alone));
    assert.equal(config.model, "dir");
    grpoMethod(newlyRuled(config));
  });

test("frames and size are those that the tiny model is trained to see", async () => {
  const { frames, imageSize } = await readSettings(shippedCheckpoint("tiny-start") ?? "");
  const { frames: ours, imageSize: side } = overlayOf("paper");
  assert.deepEqual([ours?.value, side?.value], [frames, imageSize]);
});

test("every key is printed with what the preset has there, and the prompt's words", () => {
  const lines = overlayLines("released", "Rate it.");
  assert.ok(lines.includes('  prompt: "Rate it."'));
  assert.ok(lines.some((line) => /^ {2}videosPerStep: 16, in place of 32 \(ours/.test(line)));
  for (const key of Object.keys(overlayOf("released")))
    assert.ok(
      lines.some((line) => line.startsWith(`  ${key}: `)),
      key,
    );
});

test("without a preset the demonstration has its own method", () => {
  const { preset, samples, beta, rewards, steps, ...own } = parseConfig(trainingConfig("run", "list", 1));
  assert.deepEqual([preset, samples, beta, steps], [undefined, 4, 0.04, 300]);
  // A rate that falls is its own: presets keep the one that their figures were made with.
  assert.deepEqual([own.learningRate, own.schedule], [6e-4, "linear"]);
  const { learningRate, schedule } = parseConfig(
    trainingConfig("run", "list", 1, { preset: "released", prompt: "p" }),
  );
  assert.deepEqual([learningRate, schedule], [3e-4, "constant"]);
  assert.deepEqual(
    rewards.map((reward) => [reward.name, "variant" in reward && reward.variant]),
    ["format", "regression", "ranking"].map((reward) => [reward, "paper"]),
  );
  assert.equal(presets.paper.settings["samples"]?.value, samples);
});
