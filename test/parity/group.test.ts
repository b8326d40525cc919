/** Groups with a shared prompt, and whole training steps, against autograd and AdamW; recipe: recipes/trainer.py. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadModel, openTrainer } from "../../lib/index.js";
import { assertNear } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { type Recorded, readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { readTensors } from "../helpers/safetensors.js";

interface Facts {
  /** [groups][completions] */
  readonly advantages: number[][];
  readonly optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly steps: {
    options: { learningRate: number; beta: number; clipLow: number; clipHigh: number; maxGradNorm: number };
    metrics: { loss: number; kl: number; ratio: number; gradNorm: number };
  }[];
}

const LOG_PROB_BOUND = 1e-5;
/** The recorded numbers are 4e-8 away from the same steps in float64, the norm 5e-7. */
const METRIC_RELATIVE = 1e-5;
/** Four steps of a float32 near 1, and a three-thousandth of a learning rate: the recording is 1.6e-7 from float64. */
const WEIGHT_BOUND = 5e-7;

let recorded: Recorded<Facts>;
let model: Awaited<ReturnType<typeof loadModel>>;
let dir: string;
before(async () => {
  recorded = await readRecorded<Facts>("trainer/groups");
  model = await loadModel(goldenPath("internvl/layer-norm"), { device: "cpu", dtype: "float32", threads: 1 });
  dir = await mkdtemp(join(tmpdir(), "vqat-group-"));
});
after(async () => {
  model.dispose();
  await rm(dir, { recursive: true, force: true });
});

/** Group g: its prompt, and a recorded array of each of its completions. */
function group(g: number) {
  const each = <T>(read: (prefix: string) => T): T[] =>
    (recorded.facts.advantages[g] ?? []).map((_, k) => read(`${g}/${k}/`));
  return {
    prompt: recordedPrompt(recorded, `${g}/`),
    completions: each((prefix) => recorded.ints(`${prefix}tokens`)),
    floats: (name: string) => each((prefix) => recorded.floats(prefix + name)),
  };
}

for (const temperature of [1, 0.7]) {
  test(`log-probabilities of completions behind a shared prompt, temperature ${temperature}`, async () => {
    for (const g of recorded.facts.advantages.keys()) {
      const { prompt, completions, floats } = group(g);
      const found = await model.logProbs({ prompt, completions, temperature });
      for (const [k, expected] of floats(`log_probs/${temperature}`).entries()) {
        assertNear(found[k] ?? [], expected, LOG_PROB_BOUND, `group ${g}, completion ${k}`);
      }
    }
  });
}

test("two GRPO steps: metrics, and every weight after each", async () => {
  const trainer = await openTrainer(model, {
    trainable: ["vision", "projector", "language"],
    optimizer: recorded.facts.optimizer,
    reference: true,
  });
  try {
    for (const [index, { options, metrics }] of recorded.facts.steps.entries()) {
      const groups = recorded.facts.advantages.map((advantages, g) => {
        const { prompt, completions, floats } = group(g);
        return {
          prompt,
          completions,
          advantages,
          ...(index === 0 ? {} : { oldLogProbs: floats("old_log_probs") }),
        };
      });
      const found = await trainer.step({ groups, loss: "grpo", ...options });
      for (const name of ["loss", "kl", "ratio", "gradNorm"] as const) {
        const bound = METRIC_RELATIVE * Math.max(Math.abs(metrics[name]), 1);
        assertNear([found[name]], [metrics[name]], bound, `step ${index + 1}: ${name}`);
      }

      const folder = join(dir, `step-${index + 1}`);
      await model.save(folder);
      const saved = await readTensors(join(folder, "model.safetensors"));
      const expected = await readTensors(goldenPath(`trainer/after-step-${index + 1}.safetensors`));
      assert.deepEqual([...saved.keys()].sort(), [...expected.keys()].sort());
      for (const [name, { shape, data }] of expected) {
        const own = saved.get(name);
        assert.ok(own, name);
        assert.deepEqual(own.shape, shape, name);
        assert.ok(own.data instanceof Float32Array && data instanceof Float32Array, name);
        assertNear(own.data, data, WEIGHT_BOUND, `step ${index + 1}: ${name}`);
      }
    }
  } finally {
    trainer.dispose();
  }
});
