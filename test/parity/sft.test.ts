/** Ten updates of supervised fine-tuning against the Trainer of transformers; recipe: recipes/sft.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTrainer, scheduleOf, type TrainGroup } from "../../lib/index.js";
import { assertNear } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded } from "../helpers/recorded-case.js";
import { readTensors } from "../helpers/safetensors.js";
import { openSmall, weightsOf } from "../helpers/small-model.js";

interface Facts {
  readonly replies: number;
  readonly settings: { learningRate: number; warmupSteps: number; schedule: "linear"; maxGradNorm: number };
  readonly optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly steps: readonly { loss: number; gradNorm: number; learningRate: number }[];
}

const LOSS_RELATIVE = 1e-6;
const NORM_RELATIVE = 1e-5;
/** Of the length of the whole way, over all weights. */
const WAY_RELATIVE = 1e-3;

test("losses, norms and the way of all weights, replies to one prompt packed behind it", async () => {
  const { facts, ...recorded } = await readRecorded<Facts>("sft/replies");
  const { settings, optimizer, steps } = facts;
  const model = await openSmall();
  const trainer = await openTrainer(model, { trainable: ["vision", "projector", "language"], optimizer });
  const schedule = scheduleOf({ ...settings, steps: steps.length });
  try {
    const start = await weightsOf(model);
    let packed = 0;
    for (const [index, expected] of steps.entries()) {
      const groups: (TrainGroup & { completions: Int32Array[] })[] = [];
      for (let k = 0; k < facts.replies; k++) {
        const [place] = recorded.ints(`${index}/${k}/frame`);
        const inputIds = recorded.ints(`${index}/${k}/input_ids`);
        const prompt = { inputIds, pixelValues: recorded.floats(`frame/${place}`), frames: 1, imageSize: 56 };
        const tokens = recorded.ints(`${index}/${k}/tokens`);
        const same = groups.find((group) => group.prompt.inputIds.join() === inputIds.join());
        if (same === undefined) groups.push({ prompt, completions: [tokens] });
        else packed += same.completions.push(tokens) - 1;
      }
      const learningRate = schedule(index + 1);
      assertNear([learningRate], [expected.learningRate], 1e-12, `learning rate of step ${index + 1}`);
      const found = await trainer.step({
        groups,
        loss: "sft",
        learningRate,
        maxGradNorm: settings.maxGradNorm,
      });
      assertNear([found.loss], [expected.loss], LOSS_RELATIVE * expected.loss, `loss of step ${index + 1}`);
      assertNear([found.gradNorm], [expected.gradNorm], NORM_RELATIVE * expected.gradNorm, "gradient norm");
    }
    assert.equal(packed, steps.length / 2);
    const [end, theirs] = [await weightsOf(model), await readTensors(goldenPath("sft/after.safetensors"))];
    assert.deepEqual([...end.keys()].sort(), [...theirs.keys()].sort());
    let [apart, way] = [0, 0];
    for (const [name, { data }] of theirs)
      for (const [i, value] of data.entries()) {
        apart += (Number(end.get(name)?.data[i]) - Number(value)) ** 2;
        way += (Number(value) - Number(start.get(name)?.data[i])) ** 2;
      }
    assert.ok(Math.sqrt(apart) <= WAY_RELATIVE * Math.sqrt(way), `${Math.sqrt(apart)} of ${Math.sqrt(way)}`);
  } finally {
    trainer.dispose();
    model.dispose();
  }
});
