/** A preset's settings as keys of a configuration, and under those of a user. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, presetKeys, stated, underKeys } from "../../../lib/presets/preset.js";

const settings = {
  samples: stated(8, "a paper"),
  "rewards.format.form": stated("json", "its code"),
  "rewards.ranking.opponents": open(7, "its script"),
  "rewards.format.variant": stated("released", "its code"),
  "optimizer.beta1": stated(0.8, "a paper"),
  "optimizer.beta2": stated(0.9, "a paper"),
};

test("dotted settings become keys within keys, and rewards a list in the order of their first settings", () => {
  assert.deepEqual(presetKeys(settings), {
    samples: 8,
    optimizer: { beta1: 0.8, beta2: 0.9 },
    rewards: [
      { name: "format", form: "json", variant: "released" },
      { name: "ranking", opponents: 7 },
    ],
  });
  assert.deepEqual(presetKeys({}), {});
});

test("a user's key wins as a whole; one that is undefined says nothing", () => {
  const { samples, optimizer, out } = underKeys<Record<string, unknown>>(settings, {
    out: "run",
    samples: undefined,
    optimizer: { beta2: 0.99 },
  });
  assert.deepEqual([samples, optimizer, out], [8, { beta2: 0.99 }, "run"]);
});
