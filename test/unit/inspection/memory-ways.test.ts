/** What would make a run fit: each that is named does, and of a combination nothing can be left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waysToFit } from "../../../lib/inspection/memory-ways.js";
import { planRun, type RunSettings, SMALLEST } from "../../../lib/inspection/run-memory.js";
import { familyConfig } from "../../../lib/layout/families.js";
import { familyParameters } from "../../../lib/random-checkpoint/random-checkpoint.js";

const like = "internvl3-1b";
const shape = { config: familyConfig(like), parameters: familyParameters(like) };
const SETTINGS: RunSettings = {
  device: "cpu",
  dtype: "float32",
  trainable: ["vision", "projector", "language", "motionProjector"],
  reference: true,
  states: "float32",
  masters: true,
  recompute: false,
  frames: 6,
  imageSize: 448,
  promptTokens: 1800,
  videosPerStep: 8,
  samples: 4,
  maxNewTokens: 2048,
  rollout: true,
  twinSamples: 0,
  twinsDecoded: false,
  oldPolicy: false,
  clips: 100,
  clipCacheMiB: 4096,
  evaluation: null,
};
const smallest = planRun(shape, SETTINGS, Infinity, SMALLEST).peakBytes;
const waysAt = (share: number) => waysToFit(shape, SETTINGS, share * smallest);

test("what fits alone is named alone, each with what it takes", () => {
  const ways = waysAt(0.8);
  assert.ok(ways.length >= 3);
  for (const { changes, peakBytes } of ways) {
    assert.equal(changes.length, 1);
    assert.ok(peakBytes <= 0.8 * smallest);
  }
  assert.ok(ways.some(({ changes }) => changes[0] === "recompute true"));
  assert.ok(ways.some(({ changes }) => /^lora with rank 16/.test(changes[0] ?? "")));
});

test("a smaller room has no more ways", () => {
  const counts = [0.95, 0.8, 0.65].map((share) => waysAt(share).length);
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => b - a),
  );
});

test("where nothing does alone a combination is named, and without limits none", () => {
  const ways = waysAt(0.15);
  assert.equal(ways.length, 1);
  const [{ changes, peakBytes }] = ways as [(typeof ways)[number]];
  assert.ok(changes.length >= 2 && peakBytes <= 0.15 * smallest, changes.join());
  assert.equal(new Set(changes.map((change) => change.split(" ")[0])).size, changes.length);
  assert.deepEqual(waysAt(0.001), []);
});

test("what holds already is not named, and halves are named until they fit", () => {
  const own: RunSettings = {
    ...SETTINGS,
    recompute: true,
    reference: false,
    states: "8bit",
    clipCacheMiB: 0,
  };
  const all = waysToFit(shape, own, planRun(shape, own, Infinity, SMALLEST).peakBytes - 1).flatMap(
    ({ changes }) => changes,
  );
  assert.ok(all.length > 0);
  assert.equal(
    all.some((change) => /recompute|beta|states|clipCache/.test(change)),
    false,
  );
  assert.ok(
    all.some((change) => /^maxNewTokens 1024$|^frames 3$/.test(change)),
    all.join(),
  );
});

test("frames of fragments are named by whole groups", () => {
  for (const [frames, neighbours, expected] of [
    [25, 4, "frames 13"],
    [25, 8, "frames 9"],
    [25, undefined, "frames 12"],
    [25, 24, undefined],
  ] as const) {
    const own: RunSettings = { ...SETTINGS, frames, neighbours, promptTokens: 256 * frames + 100 };
    const room = planRun(shape, own, Infinity, SMALLEST).peakBytes - 1;
    const named = waysToFit(shape, own, room).flatMap(({ changes }) => changes);
    assert.equal(
      named.find((change) => change.startsWith("frames ")),
      expected,
      named.join(),
    );
  }
});

test("an evaluation that is the widest is made narrower by its own keys", () => {
  const evaluation = { prompts: 8, samples: 64, maxNewTokens: 2048 };
  const own: RunSettings = { ...SETTINGS, recompute: true, evaluation };
  const fits = planRun(shape, { ...own, evaluation: null }, Infinity, SMALLEST).peakBytes;
  const ways = waysToFit(shape, own, fits);
  const [samples] = ways.flatMap(({ changes }) => changes.filter((change) => /^evalSamples/.test(change)));
  assert.match(samples ?? "", /^evalSamples \d+$/);
  const fewer = { ...evaluation, samples: Number(samples?.split(" ")[1]) };
  assert.ok(planRun(shape, { ...own, evaluation: fewer }, fits, SMALLEST).peakBytes <= fits);
});

test("adapters are named with the keys that they need beside them", () => {
  const narrow: RunSettings = { ...SETTINGS, dtype: "bfloat16", masters: false, recompute: true };
  const { peakBytes } = planRun(shape, narrow, Infinity, SMALLEST);
  const way = waysToFit(shape, narrow, 0.9 * peakBytes).find(({ adapters }) => adapters);
  assert.match(way?.changes.join() ?? "", /^lora .* trainable \["adapters"\] and optimizer\.masters true$/);
});
