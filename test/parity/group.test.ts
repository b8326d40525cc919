/** Groups with a shared prompt, and whole training steps, against autograd and AdamW; recipe: recipes/trainer.py. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTrainer } from "../../lib/index.js";
import { assertNear } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { type Recorded, readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { readTensors } from "../helpers/safetensors.js";
import { openSmall, type SmallModel, weightsOf } from "../helpers/small-model.js";

interface Facts {
  /** [groups][completions] */
  readonly advantages: number[][];
  readonly optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly steps: Record<"all" | "weights" | "parts", Step[]>;
}

interface Step {
  readonly options: {
    learningRate: number;
    learningRates?: { vision: number; projector: number };
    beta: number;
    clipLow: number;
    clipHigh: number;
    maxGradNorm: number;
  };
  readonly metrics: { loss: number; kl: number; klTerm: number; ratio: number; gradNorm: number };
}

const LOG_PROB_BOUND = 1e-5;
/** The recorded numbers are 4e-8 away from the same steps in float64, the norm 5e-7. */
const METRIC_RELATIVE = 1e-5;
/** Four steps of a float32 near 1, and a three-thousandth of a learning rate: the recording is 1.6e-7 from float64. */
const WEIGHT_BOUND = 5e-7;

let recorded: Recorded<Facts>;
let model: SmallModel;
before(async () => {
  recorded = await readRecorded<Facts>("trainer/groups");
  model = await openSmall();
});
after(() => model.dispose());

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

/** Which recorded steps, what decays in them, and the end of their files' names. */
for (const [kind, decays, suffix] of [
  ["all", "all", ""],
  ["weights", "weights", "-weights"],
  ["parts", "weights", "-parts"],
] as const) {
  test(`two GRPO steps, ${kind}: metrics, and every weight after each`, async () => {
    const own = await openSmall();
    const optimizer = { ...recorded.facts.optimizer, decays };
    const trainable = ["vision", "projector", "language"] as const;
    const trainer = await openTrainer(own, { trainable, optimizer, reference: true });
    try {
      for (const [index, { options, metrics }] of recorded.facts.steps[kind].entries()) {
        const groups = recorded.facts.advantages.map((advantages, g) => {
          const { prompt, completions, floats } = group(g);
          const old = index === 0 ? {} : { oldLogProbs: floats("old_log_probs") };
          return { prompt, completions, advantages, ...old };
        });
        const found = await trainer.step({ groups, loss: "grpo", ...options });
        for (const name of ["loss", "kl", "klTerm", "ratio", "gradNorm"] as const) {
          const bound = METRIC_RELATIVE * Math.max(Math.abs(metrics[name]), 1);
          assertNear([found[name]], [metrics[name]], bound, `step ${index + 1}: ${name}`);
        }
        const saved = await weightsOf(own);
        const expected = await readTensors(
          goldenPath(`trainer/after-step-${index + 1}${suffix}.safetensors`),
        );
        assert.deepEqual([...saved.keys()].sort(), [...expected.keys()].sort());
        for (const [name, { shape, data }] of expected) {
          const one = saved.get(name);
          assert.ok(one, name);
          assert.deepEqual(one.shape, shape, name);
          assert.ok(one.data instanceof Float32Array && data instanceof Float32Array, name);
          assertNear(one.data, data, WEIGHT_BOUND, `step ${index + 1}: ${name}`);
        }
      }
    } finally {
      trainer.dispose();
      own.dispose();
    }
  });
}
