/** Settings of the learning bench: each is a configuration that a run takes, and what it says over the demonstration's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf, SETTINGS } from "../../../bench/learning-settings.js";
import { parseMethod } from "../../../lib/run/config.js";
import { overlayKeys } from "../../../lib/trial/overlay.js";

for (const [name, settings] of Object.entries(SETTINGS))
  test(`${name} is a configuration, and what it sets is set`, () => {
    const keys = keysOf(settings);
    const config: Record<string, unknown> = parseMethod({ ...keys, data: "list", out: "run", seed: 1 });
    for (const [key, value] of Object.entries(settings.keys)) assert.deepEqual(keys[key], value, key);
    assert.equal(config["method"], settings.supervised === true ? "sft" : "grpo");
    assert.equal(config["model"], "tiny-start");
  });

test("the demonstration's own settings are the demonstration", () => {
  assert.deepEqual(keysOf(SETTINGS["demo"] ?? { keys: { absent: true } }), overlayKeys(null));
});
