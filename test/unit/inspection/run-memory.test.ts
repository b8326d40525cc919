/** The plan of a run: laws that hold of it whatever the sizes, and the micro-batches that it chooses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemoryShape } from "../../../lib/inspection/held-memory.js";
import { type Micro, planRun, type RunSettings, SMALLEST } from "../../../lib/inspection/run-memory.js";
import { familyConfig } from "../../../lib/layout/families.js";
import { MICRO_TOKENS } from "../../../lib/native/training.js";
import { familyParameters } from "../../../lib/random-checkpoint/random-checkpoint.js";

const shapeOf = (layers: number): MemoryShape => ({
  config: familyConfig("internvl3-1b", layers),
  parameters: familyParameters("internvl3-1b", layers),
});
const shape = shapeOf(4);
const SETTINGS: RunSettings = {
  device: "cpu",
  dtype: "bfloat16",
  trainable: ["vision", "projector", "language", "motionProjector"],
  reference: true,
  states: "float32",
  masters: true,
  recompute: false,
  frames: 2,
  imageSize: 224,
  promptTokens: 400,
  videosPerStep: 6,
  samples: 4,
  maxNewTokens: 100,
  rollout: true,
  twinSamples: 0,
  twinsDecoded: false,
  oldPolicy: false,
  clips: 50,
  clipCacheMiB: 4,
  evaluation: null,
};
const lora = { targets: String.raw`.*\.language_model\..*`, rank: 8 };
const peak = (more: Partial<RunSettings> = {}, micro: Micro = { microTokens: 4000 }, of = shape) =>
  planRun(of, { ...SETTINGS, ...more }, Infinity, micro).peakBytes;

test("the peak is what is held and the widest phase", () => {
  for (const more of [{}, { recompute: true, maxNewTokens: 4000 }, { oldPolicy: true }]) {
    const plan = planRun(shape, { ...SETTINGS, ...more }, Infinity, { microTokens: 4000 });
    const { weights, reference, gradients, masters, moments, features, clips, process } = plan;
    const held = weights + reference + gradients + masters + moments + features + clips + process;
    assert.equal(plan.peakBytes, Math.round(held + Math.max(plan.rollout, plan.update, plan.evaluation)));
    assert.equal(plan.peakBytes, plan.hostBytes);
    assert.equal(plan[plan.widest], Math.max(plan.rollout, plan.update, plan.evaluation));
  }
});

test("more of anything takes no less, and of what the plan is about more", () => {
  // By a bound between, longer prompts leave room for fewer videos.
  for (const key of ["frames", "promptTokens", "videosPerStep", "samples", "maxNewTokens"] as const)
    for (const micro of [SMALLEST, { microTokens: 1e9 }]) {
      const sizes = [1, 2, 3, 4].map((times) => peak({ [key]: times * SETTINGS[key] }, micro));
      for (let i = 1; i < sizes.length; i++)
        assert.ok(
          (sizes[i] as number) >= (sizes[i - 1] as number),
          `${key} at ${JSON.stringify(micro)}: ${sizes}`,
        );
      assert.ok((sizes[3] as number) > (sizes[0] as number), key);
    }
  assert.ok(peak({ imageSize: 448 }) > peak());
  const planned = (more: Partial<RunSettings>) => planRun(shape, { ...SETTINGS, ...more }, Infinity);
  assert.ok(planned({ twinSamples: 4 }).rollout > planned({}).rollout);
  assert.ok(planned({ twinSamples: 4, twinsDecoded: true }).clips > planned({ twinSamples: 4 }).clips);
  assert.ok(peak({ oldPolicy: true }) > peak());
  assert.ok(peak({ clipCacheMiB: 400 }) > peak());
  assert.ok(peak({}, { microTokens: 4000 }, shapeOf(5)) > peak());
  const rows = [1, 900, 2000, 4000, 8000].map((microTokens) => peak({}, { microTokens }));
  assert.deepEqual(
    rows,
    [...rows].sort((a, b) => a - b),
  );
});

test("what is to save memory saves it", () => {
  const whole = peak();
  for (const less of [
    { recompute: true },
    { states: "8bit" as const },
    { states: "bfloat16" as const },
    { masters: false },
    { reference: false },
    { trainable: ["adapters" as const], lora },
    { trainable: ["language" as const] },
  ])
    assert.ok(peak(less) < whole, JSON.stringify(less));
  assert.ok(peak({ dtype: "float32", states: "8bit" }) < peak({ dtype: "float32" }));
  assert.ok(
    peak({ trainable: ["adapters"], lora }) <
      peak({ trainable: ["adapters"], lora: { ...lora, dora: true } }),
  );
  assert.ok(
    peak({ trainable: ["adapters"], lora }) < peak({ trainable: ["adapters"], lora: { ...lora, rank: 32 } }),
  );
});

test("micro-batches are the largest that fit, as many rows as a pass takes where all fit", () => {
  const free = planRun(shape, SETTINGS, Infinity);
  assert.deepEqual([free.microTokens, free.microVideos, free.availableBytes], [MICRO_TOKENS, 6, null]);
  for (const videos of [5, 3, 1]) {
    const room = peak({}, { microTokens: MICRO_TOKENS, microVideos: videos });
    const { microTokens, peakBytes, microVideos } = planRun(shape, SETTINGS, room);
    assert.deepEqual([microTokens, microVideos, peakBytes], [MICRO_TOKENS, videos, room]);
    // A byte less, and they are smaller.
    const less = planRun(shape, SETTINGS, room - 1);
    assert.ok(videos === 1 ? less.peakBytes === room : less.microVideos < videos);
  }
});

test("many short answers are planned for as well as few long ones", () => {
  const long = { ...SETTINGS, maxNewTokens: 1000 };
  const plan = planRun(shape, long, Infinity, { microTokens: 4400 });
  // One video with answers of full length, or all six with short ones.
  assert.equal(plan.microVideos, 6);
  assert.ok(plan.update > planRun(shape, long, Infinity, SMALLEST).update);
});

test("given replies are not sampled; targets that no layer has are refused", () => {
  assert.equal(planRun(shape, { ...SETTINGS, rollout: false }, Infinity).rollout, 0);
  assert.throws(() => peak({ trainable: ["adapters"], lora: { ...lora, targets: ["q_prj"] } }), {
    code: "E_OPTION",
    message: /lora\.targets\[0\]/,
  });
});

test("on a card the host's memory is another one", () => {
  const plan = planRun(shape, { ...SETTINGS, device: "cuda" }, Infinity);
  assert.ok(plan.hostBytes < plan.peakBytes);
  assert.equal(plan.weights, planRun(shape, SETTINGS, Infinity).weights);
});

test("what trains is counted: whole parts as they are, of adapters A and B on each layer", () => {
  const whole = planRun(shape, SETTINGS, Infinity, SMALLEST);
  assert.equal(whole.adapted, null);
  const { trainedValues, values, adapted } = planRun(
    shape,
    { ...SETTINGS, trainable: ["adapters"], lora },
    Infinity,
    SMALLEST,
  );
  // Seven layers of each of the four: query, key, value, output, gate, up, down of InternVL3-1B.
  const [hidden, kv, feed] = [896, 128, 4864];
  const sides = 2 * (hidden + hidden) + 2 * (hidden + kv) + 3 * (hidden + feed);
  assert.deepEqual(adapted, { vision: 0, projector: 0, language: 28 });
  assert.equal(trainedValues, 4 * lora.rank * sides);
  assert.equal(values, whole.values + trainedValues);
  assert.ok(whole.trainedValues < whole.values);
});
